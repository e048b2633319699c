// A unified diff as git writes it, read into files and lines for showing.

export type LineKind = "add" | "remove" | "same" | "hunk" | "note";

export interface PatchLine {
  kind: LineKind;
  text: string;
  /** Line numbers before and after; null where the line is not. */
  old: number | null;
  new: number | null;
}

export interface PatchFile {
  path: string;
  /** `added`, `deleted`, `renamed`, `binary` or `changed`. */
  status: string;
  insertions: number;
  deletions: number;
  lines: PatchLine[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

interface Reader {
  files: PatchFile[];
  file: PatchFile | null;
  old: number;
  new: number;
  /** Lines that the hunk still has before and after. */
  oldLeft: number;
  newLeft: number;
}

/** Reads a patch. Text that is none of a diff is left out. */
export function parsePatch(text: string): PatchFile[] {
  const reader: Reader = { files: [], file: null, old: 0, new: 0, oldLeft: 0, newLeft: 0 };
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    if (reader.oldLeft > 0 || reader.newLeft > 0) content(reader, line);
    else header(reader, line);
  }
  return reader.files;
}

function header(reader: Reader, line: string): void {
  if (line.startsWith("diff --git ")) {
    reader.file = {
      path: pathOfHeader(line),
      status: "changed",
      insertions: 0,
      deletions: 0,
      lines: [],
    };
    reader.files.push(reader.file);
    return;
  }
  const { file } = reader;
  if (file === null) return;
  if (line.startsWith("new file")) file.status = "added";
  else if (line.startsWith("deleted file")) file.status = "deleted";
  else if (line.startsWith("rename to ")) {
    file.status = "renamed";
    file.path = unquote(line.slice("rename to ".length));
  } else if (line.startsWith("+++ ") && line !== "+++ /dev/null") {
    file.path = unquote(line.slice(4).replace(/\t$/, "")).replace(/^b\//, "");
  } else if (/^(Binary files|GIT binary patch)/.test(line)) file.status = "binary";
  else if (line.startsWith("\\")) file.lines.push(note(line.slice(2)));
  else hunk(reader, file, line);
}

function hunk(reader: Reader, file: PatchFile, line: string): void {
  const match = HUNK.exec(line);
  if (match === null) return;
  reader.old = Number(match[1]);
  reader.oldLeft = Number(match[2] ?? 1);
  reader.new = Number(match[3]);
  reader.newLeft = Number(match[4] ?? 1);
  file.lines.push({ kind: "hunk", text: line, old: null, new: null });
}

function content(reader: Reader, line: string): void {
  const { file } = reader;
  if (file === null) return;
  const text = line.slice(1);
  if (line.startsWith("+")) {
    file.insertions += 1;
    file.lines.push({ kind: "add", text, old: null, new: reader.new });
    reader.new += 1;
    reader.newLeft -= 1;
  } else if (line.startsWith("-")) {
    file.deletions += 1;
    file.lines.push({ kind: "remove", text, old: reader.old, new: null });
    reader.old += 1;
    reader.oldLeft -= 1;
  } else if (line.startsWith("\\")) {
    file.lines.push(note(line.slice(2)));
  } else {
    file.lines.push({ kind: "same", text, old: reader.old, new: reader.new });
    reader.old += 1;
    reader.new += 1;
    reader.oldLeft -= 1;
    reader.newLeft -= 1;
  }
}

function note(text: string): PatchLine {
  return { kind: "note", text, old: null, new: null };
}

/** `diff --git a/x b/x`: the halves are equal unless the file was renamed, which says so later. */
function pathOfHeader(line: string): string {
  const rest = line.slice("diff --git ".length);
  if (rest.startsWith('"')) return unquote(rest.slice(rest.indexOf(' "') + 1)).replace(/^b\//, "");
  const half = rest.slice((rest.length + 1) / 2);
  return half.startsWith("b/") ? half.slice(2) : rest;
}

const ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, '"': 34, "\\": 92 };

/** Undoes git's C-style quoting, in which bytes beyond ASCII are octal. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [all, octal, letter] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(ESCAPES[letter] ?? letter.charCodeAt(0));
    else bytes.push(...encoder.encode(all));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
