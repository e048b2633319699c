import { describe, expect, it } from "vitest";

import { newScreen, write } from "./ansi";

function shown(...chunks: string[]): string[][] {
  const screen = newScreen();
  for (const chunk of chunks) write(screen, chunk);
  return screen.lines.map((line) =>
    line.map(({ text, style }) => (style === "" ? text : `${style}:${text}`)),
  );
}

describe("terminal output", () => {
  it.each([
    ["plain", ["a\nb"], [["a"], ["b"]]],
    ["colours", ["\x1b[1;31mred\x1b[0m plain"], [["fg-1 bold:red", " plain"]]],
    ["bright and background", ["\x1b[92;41mx\x1b[39;49my"], [["fg-10 bg-1:x", "y"]]],
    ["a palette's basic colour", ["\x1b[38;5;3mx"], [["fg-3:x"]]],
    ["a colour of the large palette", ["\x1b[38;5;208mx\x1b[38;2;1;2;3my"], [["xy"]]],
    ["a style over lines", ["\x1b[4ma\nb"], [["underline:a"], ["underline:b"]]],
    ["CRLF", ["a\r\nb"], [["a"], ["b"]]],
    ["a carriage return", ["10 %\r20 %"], [["20 %"]]],
    ["a carriage return, split", ["10 %\r", "\n20 %"], [["10 %"], ["20 %"]]],
    ["a sequence, split", ["a\x1b[3", "1mb"], [["a", "fg-1:b"]]],
    ["an escape, split", ["a\x1b", "[31mb"], [["a", "fg-1:b"]]],
    ["cursor movement", ["a\x1b[2J\x1b[1;1Hb"], [["ab"]]],
    ["a title", ["\x1b]0;evil\x07a\x1b]8;;http://x\x1b\\b"], [["ab"]]],
    ["other controls", ["a\x00\x07\x08\x1bcb\x7f\x9b"], [["ab"]]],
    ["a tab", ["a\tb"], [["a\tb"]]],
    ["markup", ["<script>alert(1)</script>"], [["<script>alert(1)</script>"]]],
  ])("%s", (_name, chunks, lines) => {
    const joined = shown(...chunks).map((line) => line.reduce(merge, [] as string[]));
    expect(joined).toEqual(lines);
  });
});

/** Neighbours without style are one text, however they came. */
function merge(parts: string[], part: string): string[] {
  const last = parts.at(-1);
  if (last === undefined || part.includes(":") || last.includes(":")) return [...parts, part];
  return [...parts.slice(0, -1), last + part];
}
