import { describe, expect, it } from "vitest";

import { joinArgv, splitArgv } from "./argv";

describe("a command line", () => {
  it.each([
    ["", []],
    ["  make   check ", ["make", "check"]],
    ["sh -c 'echo hi; sleep 1'", ["sh", "-c", "echo hi; sleep 1"]],
    ['echo "a b" ""', ["echo", "a b", ""]],
    ['echo "say \\"hi\\" \\n"', ["echo", 'say "hi" \\n']],
    ["echo a\\ b 'it'\\''s'", ["echo", "a b", "it's"]],
    ["echo $HOME | cat", ["echo", "$HOME", "|", "cat"]],
  ])("%s", (line, argv) => {
    expect(splitArgv(line)).toEqual({ ok: true, argv });
    expect(splitArgv(joinArgv(argv))).toEqual({ ok: true, argv });
  });

  it.each(["echo 'a", 'echo "a', "echo \\"])("refuses %s", (line) => {
    expect(splitArgv(line).ok).toBe(false);
  });
});
