import { describe, expect, it } from "vitest";

import type { EventRecord } from "../api/types";
import { BLOCK, LogReader, type AttemptLog } from "./log";

let position = 0;

function output(offset: number, text: string, more: Partial<EventRecord> = {}): EventRecord {
  position += 1;
  return {
    position,
    index: 0,
    runId: "r",
    attempt: 1,
    seq: position,
    source: "w",
    type: "output",
    at: "",
    effective: true,
    refusal: null,
    data: { offset, text },
    ...more,
  };
}

function text(log: AttemptLog | undefined): string[] {
  return (log?.blocks ?? []).flatMap((block) =>
    block.map((line) => line.map((segment) => segment.text).join("")),
  );
}

describe("log", () => {
  it("joins pieces, and counts in bytes", () => {
    const log = new LogReader().read([output(0, "grü"), output(4, "n\ntwo"), output(9, "\n")]);
    expect(text(log[0])).toEqual(["grün", "two"]);
    expect(log[0]?.length).toBe(2);
  });

  it("takes a piece once and says where one is missing", () => {
    const log = new LogReader().read([output(0, "a\n"), output(0, "a\n"), output(10, "b\n")]);
    expect(text(log[0])).toEqual(["a", "", "[8 bytes are in the file alone]", "b"]);
  });

  it("keeps attempts apart and leaves late output out", () => {
    const late = { effective: false };
    const logs = new LogReader().read([
      output(0, "one"),
      output(0, "two", { attempt: 2 }),
      output(3, "late", late),
    ]);
    expect(logs.map((log) => [log.attempt, text(log)])).toEqual([
      [1, ["one"]],
      [2, ["two"]],
    ]);
  });

  it("grows: full blocks stay the same object, the last line is read anew", () => {
    const reader = new LogReader();
    const many = "x\n".repeat(BLOCK + 1);
    const first = output(0, many);
    const before = reader.read([first])[0];
    const after = reader.read([first, output(many.length, "y")])[0];
    expect(after?.blocks[0]).toBe(before?.blocks[0]);
    expect(text(after).at(-1)).toBe("y");
    expect(after?.length).toBe(BLOCK + 2);
  });

  it("starts afresh when the past changes", () => {
    const reader = new LogReader();
    const one = output(0, "one\n", { effective: null });
    reader.read([one]);
    const logs = reader.read([output(0, "two\n")]);
    expect(text(logs[0])).toEqual(["two"]);
  });

  it("says that the rest is in the file", () => {
    const end = output(3, "", { type: "output_truncated" });
    expect(new LogReader().read([output(0, "abc"), end])[0]?.truncated).toBe(true);
  });
});
