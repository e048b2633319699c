// A command line as people type it, split into arguments by the usual quotes. No shell is
// involved: nothing is expanded, and what a shell would do with `|` or `$` does not happen.

export type Split = { ok: true; argv: string[] } | { ok: false; message: string };

/** Splits a line. Quotes group words; a backslash takes the next character as it is. */
export function splitArgv(line: string): Split {
  const argv: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === "\\" && quote !== "'") {
      at += 1;
      if (at === line.length) return { ok: false, message: "ends with a lone backslash" };
      word = (word ?? "") + escaped(line.charAt(at), quote);
    } else if (char === quote) {
      quote = null;
    } else if (quote !== null) {
      word = (word ?? "") + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== null) argv.push(word);
      word = null;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== null) return { ok: false, message: `has a ${quote} that is not closed` };
  if (word !== null) argv.push(word);
  return { ok: true, argv };
}

/** In double quotes a backslash is itself, except before what would end or escape them. */
function escaped(char: string, quote: string | null): string {
  return quote === '"' && char !== '"' && char !== "\\" ? `\\${char}` : char;
}

/** The line that splits into these arguments. */
export function joinArgv(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
