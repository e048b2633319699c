import { describe, expect, it } from "vitest";

import type { WorkerRun } from "../api/types";
import { activityWords, progressOf } from "./activity";

const RUN: WorkerRun = { id: "r", attempt: 1, activity: "working", quietForMs: 900 };

describe("how a held run gets on", () => {
  it.each(["working", "quiet", "stalled", "unheard"])("has words for %s", (activity) => {
    expect(activityWords(activity).word).toBe(activity);
    expect(activityWords(activity).meaning).not.toBe("");
  });

  it("calls what is held by what holds it", () => {
    const word = (activity: string) => activityWords(activity).word;
    expect(["paused", "taken_over", "awaiting_input"].map(word)).toEqual([
      "paused",
      "taken over",
      "awaiting input",
    ]);
  });

  it("shows a word of a later version as it is", () => {
    expect(activityWords("dreaming")).toEqual({ word: "dreaming", tone: "plain", meaning: "" });
  });

  it("tells what is known, and leaves out what is not", () => {
    expect(progressOf(RUN)).toBe("");
    const known = { ...RUN, quietForMs: 65_000, outputBytes: 2_048, cpuMs: 4_200 };
    expect(progressOf(known)).toBe("nothing new for 1 min 5 s, 2.0 KiB printed, 4.2 s computed");
  });
});
