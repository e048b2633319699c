import { describe, expect, it } from "vitest";

import { binary, isAnswer, pasted } from "./keyboard";

// B-02
describe("what a terminal says by itself", () => {
  it.each([
    ["device attributes", "\x1b[?1;2c"],
    ["secondary attributes", "\x1b[>0;276;0c"],
    ["status", "\x1b[0n"],
    ["a mode", "\x1b[?2026;2$y"],
    ["an ANSI mode", "\x1b[4;2$y"],
    ["a colour", "\x1b]11;rgb:1111/1515/1b1b\x1b\\"],
    ["a setting", "\x1bP1$r0m\x1b\\"],
    ["the size of its window", "\x1b[8;40;120t"],
    ["focus", "\x1b[I"],
    ["no focus", "\x1b[O"],
    ["the keyboard's flags", "\x1b[?1u"],
  ])("never leaves: %s", (_, data) => {
    expect(isAnswer(data)).toBe(true);
  });

  it.each(["a", "\r", "\x1b", "\x1b[A", "\x1bOP", "\x1b[1;2R", "\x1b[3~", "\x1b[<0;5;5M", "ä"])(
    "is not what a key says: %j",
    (data) => {
      expect(isAnswer(data)).toBe(false);
    },
  );
});

describe("a pasted text", () => {
  it("ends its lines as Enter does, and stays in its brackets", () => {
    expect(pasted("a\r\nb\nc", false)).toBe("a\rb\rc");
    expect(pasted("a\x1b[201~; rm -rf x\n", true)).toBe("\x1b[200~a[201~; rm -rf x\r\x1b[201~");
    expect(pasted("tab\tstays\x03", false)).toBe("tab\tstays");
  });

  it("of the mouse is bytes", () => {
    expect(binary("\x1b[M\u00a0")).toEqual(Uint8Array.from([0x1b, 0x5b, 0x4d, 0xa0]));
  });
});
