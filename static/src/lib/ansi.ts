// Terminal output as lines of styled text. Only looks are read (SGR); everything else that a
// terminal would obey is dropped, so that a log can never do anything.

export interface Segment {
  text: string;
  /** Class names, such as `fg-1 bold`; empty for plain. */
  style: string;
}

export type Line = readonly Segment[];

interface Style {
  fg: number | null;
  bg: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Style = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
};

/** The log read so far. The last line is the one still being written. */
export interface Screen {
  lines: Segment[][];
  style: Style;
  /** The start of a sequence whose end has not come. */
  held: string;
  /** A carriage return was read: the next text starts the line afresh. */
  returned: boolean;
}

export function newScreen(): Screen {
  return { lines: [[]], style: PLAIN, held: "", returned: false };
}

/** A CSI sequence, an OSC sequence, another escape, a control character, or text. */
const TOKEN =
  // eslint-disable-next-line no-control-regex -- control characters are what this reads
  /\x1b\[([0-9:;<=>?]*)[ -/]*([@-~])|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|[\x00-\x1f\x7f-\x9f]|[^\x00-\x1f\x7f-\x9f]+/g;

/** An escape whose end may still come. Longer ones are garbage. */
// eslint-disable-next-line no-control-regex -- control characters are what this reads
const UNFINISHED = /\x1b(?:\[[0-9:;<=>?]*[ -/]*|[\]P^_X][^\x07\x1b]*\x1b?|[ -/]*)?$/;
const LONGEST_HELD = 4_096;

/** Reads on. */
export function write(screen: Screen, chunk: string): void {
  let input = screen.held + chunk;
  screen.held = "";
  const tail = UNFINISHED.exec(input);
  if (tail !== null && tail[0].length <= LONGEST_HELD) {
    screen.held = tail[0];
    input = input.slice(0, tail.index);
  }
  for (const match of input.matchAll(TOKEN)) token(screen, match);
}

function token(screen: Screen, match: RegExpExecArray): void {
  const [all, parameters, final] = match;
  if (final === "m") screen.style = restyle(screen.style, parameters ?? "");
  else if (all === "\n") newLine(screen);
  else if (all === "\r") screen.returned = true;
  else if (all === "\t" || all >= " ") {
    if (!all.startsWith("\x1b") && !/^[\x7f-\x9f]/.test(all)) put(screen, all);
  }
}

function newLine(screen: Screen): void {
  screen.returned = false;
  screen.lines.push([]);
}

function put(screen: Screen, text: string): void {
  let line = screen.lines.at(-1);
  if (line === undefined) return;
  if (screen.returned) {
    screen.returned = false;
    line = [];
    screen.lines[screen.lines.length - 1] = line;
  }
  const style = classes(screen.style);
  const last = line.at(-1);
  if (last !== undefined && last.style === style) last.text += text;
  else line.push({ text, style });
}

function classes(style: Style): string {
  const names: string[] = [];
  if (style.fg !== null) names.push(`fg-${String(style.fg)}`);
  if (style.bg !== null) names.push(`bg-${String(style.bg)}`);
  for (const name of ["bold", "dim", "italic", "underline"] as const) {
    if (style[name]) names.push(name);
  }
  return names.join(" ");
}

function restyle(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style = before;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const basic = codes[at + 1] === 5 ? (codes[at + 2] ?? 16) : 16;
      at += codes[at + 1] === 5 ? 2 : 4;
      // Of the large palettes only the basic colours have a place in both of our themes.
      style = { ...style, [code === 38 ? "fg" : "bg"]: basic < 16 ? basic : null };
    } else style = { ...style, ...change(code) };
  }
  return style;
}

function change(code: number): Partial<Style> {
  if (code >= 30 && code <= 37) return { fg: code - 30 };
  if (code >= 90 && code <= 97) return { fg: code - 82 };
  if (code >= 40 && code <= 47) return { bg: code - 40 };
  if (code >= 100 && code <= 107) return { bg: code - 92 };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { bold: true };
    case 2:
      return { dim: true };
    case 3:
      return { italic: true };
    case 4:
      return { underline: true };
    case 22:
      return { bold: false, dim: false };
    case 23:
      return { italic: false };
    case 24:
      return { underline: false };
    case 39:
      return { fg: null };
    case 49:
      return { bg: null };
    default:
      return {};
  }
}
