// Holds screens against xterm.js: what a dump and the bytes behind it draw has to be what the whole
// stream draws, cell by cell. Reads cases as JSON lines, writes a JSON line for each.
//
// A case: {name, cols, rows, stream, cuts: [{at, dump}]}, bytes in base64; or one of another size
// behind the stream: {name, cols, rows, stream, sized: {cols, rows, dump, lines}, left}, `left` being
// the lines of the primary screen once the alternate one is left.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const page = new URL("../../../../static/", import.meta.url);
const require = createRequire(new URL("package.json", page));
const { Terminal } = require("@xterm/headless");
const typescript = require("typescript");

/** The page's own table of widths. */
async function widths() {
  const source = readFileSync(new URL("src/lib/widths.ts", page), "utf8");
  const { outputText } = typescript.transpileModule(source, {
    compilerOptions: { target: "ES2022", module: "ESNext" },
  });
  const { Widths } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
  return new Widths();
}
const provider = await widths();

function open({ cols, rows }) {
  const term = new Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000, logLevel: "off" });
  term.unicode.register(provider);
  term.unicode.activeVersion = provider.version;
  term.title = "";
  term.onTitleChange((title) => (term.title = title));
  term.answers = "";
  term.onData((data) => (term.answers += data));
  // As the page does: xterm.js itself loses characters that are cut behind a byte 0x80.
  const decoder = new TextDecoder();
  term.show = (bytes) =>
    new Promise((done) => term.write(decoder.decode(bytes, { stream: true }), done));
  return term;
}

/** A cell as words: its text, width and everything that it is drawn with, its link apart. */
function cellOf(cell) {
  const extended = cell.extended;
  const line = cell.isUnderline() ? `${extended.underlineStyle}/${cell.getUnderlineColor()}` : "";
  const flags = [
    cell.isBold(),
    cell.isDim(),
    cell.isItalic(),
    cell.isBlink(),
    cell.isInverse(),
    cell.isInvisible(),
    cell.isStrikethrough(),
    cell.isOverline(),
  ];
  const colours = `${cell.getFgColorMode()}:${cell.getFgColor()} ${cell.getBgColorMode()}:${cell.getBgColor()}`;
  return `${cell.getChars() || " "}|${cell.getWidth()}|${colours}|${flags.map((flag) => (flag ? 1 : 0)).join("")}|${line}`;
}

/** The link of a cell or a pen. xterm.js forgets addresses of links whose lines were all erased. */
function linkOf(term, extended) {
  if (!extended.urlId) return "";
  return term._core._oscLinkService.getLinkData(extended.urlId)?.uri ?? FORGOTTEN;
}
const FORGOTTEN = "?";

const CONTENT = 0x1fffff;
const COMBINED = 0x200000;
const EXTENDED = 0x10000000;
const cell = new Terminal({ allowProposedApi: true }).buffer.active.getNullCell();

/** A colour's word without the bits that its kind does not use. */
function drawn(word) {
  const unused = [0xffffff, 0xffff00, 0xffff00, 0][(word >>> 24) & 3];
  return word & ~unused;
}

/** A row as one number, and its links. The number stands for every word of `cellOf`. */
function rowOf(term, line) {
  const words = line._line._data;
  const links = [];
  let digest = 0x811c9dc5;
  const mix = (word) => {
    digest = Math.imul(digest ^ word, 0x01000193);
    digest ^= digest >>> 15;
  };
  for (let col = 0; col < term.cols; col++) {
    const content = words[col * 3];
    // What nobody printed on is the same as a space.
    mix((content & (CONTENT | COMBINED)) === 0 && content !== 0 ? content | 0x20 : content);
    mix(drawn(words[col * 3 + 1]));
    mix(drawn(words[col * 3 + 2] & ~EXTENDED));
    if (content & COMBINED) for (const c of line.getCell(col, cell).getChars()) mix(c.codePointAt(0));
    if (words[col * 3 + 2] & EXTENDED) {
      const { extended } = line.getCell(col, cell);
      if (cell.isUnderline()) mix(extended.underlineStyle ^ drawn(extended.underlineColor));
      const link = linkOf(term, extended);
      if (link !== "") links[col] = link;
    }
  }
  return { digest, links };
}

function rowsOf(term, buffer) {
  return Array.from({ length: term.rows }, (_, row) => rowOf(term, buffer.getLine(buffer.baseY + row)));
}

/** Everything that can be seen or felt of a terminal: words, and rows. */
function stateOf(term) {
  const core = term._core;
  const { active, normal } = term.buffer;
  const inner = core._bufferService.buffer;
  const pen = core._inputHandler._curAttrData;
  const stops = Object.keys(inner.tabs).filter((col) => Number(col) < term.cols);
  const words = {
    shown: active.type,
    cursor: `${active.cursorY},${active.cursorX}`,
    margins: `${inner.scrollTop},${inner.scrollBottom}`,
    tabs: stops.join(","),
    modes: JSON.stringify(term.modes),
    inner: JSON.stringify(core.coreService.decPrivateModes),
    hidden: String(core.coreService.isCursorHidden),
    mouse: `${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding}`,
    title: term.title,
    pen: cellOf(pen2cell(pen)),
    charset: String(core._charsetService.charset),
    parser: String(core._inputHandler._parser.currentState),
    answers: term.answers,
  };
  const rows = rowsOf(term, active);
  if (active.type === "alternate") rows.push(...rowsOf(term, normal));
  rows.push({ digest: 0, links: [linkOf(term, pen.extended)] });
  return { words, rows };
}

function pen2cell(pen) {
  return Object.assign(Object.create(pen), { getChars: () => "", getWidth: () => 1 });
}

/** The number of a row that differs, or -1. */
function differs(mine, whole) {
  const links = (a, b) =>
    [...Array(Math.max(a.length, b.length)).keys()].some(
      (col) => a[col] !== b[col] && a[col] !== FORGOTTEN && b[col] !== FORGOTTEN,
    );
  return whole.findIndex(
    (row, number) => row.digest !== mine[number]?.digest || links(mine[number].links, row.links),
  );
}

function difference(mine, whole) {
  for (const [key, word] of Object.entries(whole.words)) {
    if (mine.words[key] !== word) {
      return `${key}: dump and tail ${JSON.stringify(mine.words[key])}, whole stream ${JSON.stringify(word)}`;
    }
  }
  const row = differs(mine.rows, whole.rows);
  return row < 0 ? null : { row };
}

/** The cells of a row that differs, in words. */
async function explain(given, stream, look, term, { row }) {
  const whole = open(given);
  await whole.show(stream.subarray(0, look));
  const cells = (term) => {
    const behind = row >= term.rows;
    const buffer = behind ? term.buffer.normal : term.buffer.active;
    const line = buffer.getLine(buffer.baseY + (row % term.rows));
    return Array.from({ length: term.cols }, (_, col) => {
      const cell = line.getCell(col);
      return `${cellOf(cell)}|${linkOf(term, cell.extended)}`;
    });
  };
  const [a, b] = [cells(term), cells(whole)];
  const col = b.findIndex((cell, col) => cell !== a[col]);
  whole.dispose();
  return `row ${row}, column ${col}: dump and tail ${JSON.stringify(a[col])}, whole stream ${JSON.stringify(b[col])}`;
}

/** Where both are looked at: at the cut, a little later, and at the end. */
const looks = (at, end) => [...new Set([at, Math.min(at + 97, end), end])];

const USED =
  "\x1b[?25l\x1b[?1003;1006;2004;1004h\x1b[?1h\x1b=\x1b[4h\x1b[?7l\x1b[5 q\x1b[3;4r\x1b[3g\x1b]2;before\x07\x1b[1;31;44m\x1b[?1049hbefore";

async function compare(given) {
  const stream = Buffer.from(given.stream, "base64");
  const whole = new Map();
  const wanted = new Set(given.cuts.flatMap(({ at }) => looks(at, stream.length)));
  const reference = open(given);
  let from = 0;
  for (const at of [...wanted].sort((a, b) => a - b)) {
    await reference.show(stream.subarray(from, at));
    whole.set(at, stateOf(reference));
    from = at;
  }
  const differences = [];
  for (const { at, dump } of given.cuts) {
    const term = open(given);
    // Viewers have shown something else before.
    await term.show(Buffer.from(USED));
    term.reset();
    await term.show(Buffer.from(dump, "base64"));
    let from = at;
    for (const look of looks(at, stream.length)) {
      await term.show(stream.subarray(from, look));
      from = look;
      const found = difference(stateOf(term), whole.get(look));
      if (found === null) continue;
      const words = typeof found === "string" ? found : await explain(given, stream, look, term, found);
      differences.push(`cut at ${at}, looked at ${look}: ${words}`);
      break;
    }
    term.dispose();
  }
  return { name: given.name, cuts: given.cuts.length, differences };
}

const linesOf = (term) => {
  const { active } = term.buffer;
  const line = (_, row) => active.getLine(active.baseY + row).translateToString(true).trimEnd();
  return Array.from({ length: term.rows }, line).join("\n").trimEnd();
};

/** What becomes of a terminal that is given another size, alone and with the screen behind it. */
async function resize(given) {
  const { sized } = given;
  const term = open(given);
  await term.show(Buffer.from(given.stream, "base64"));
  term.resize(sized.cols, sized.rows);
  const alone = linesOf(term) === sized.lines;
  term.reset();
  await term.show(Buffer.from(sized.dump, "base64"));
  const differences = [];
  const look = (what, lines) => {
    const drawn = linesOf(term);
    if (drawn !== lines) differences.push(`${what}: ${JSON.stringify(drawn)}, not ${JSON.stringify(lines)}`);
  };
  look("shown", sized.lines);
  await term.show(Buffer.from("\x1b[?1049l"));
  look("behind", given.left);
  term.dispose();
  return { name: given.name, alone, differences };
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  const answer = await (given.sized ? resize(given) : compare(given));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
