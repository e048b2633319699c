import { describe, expect, it } from "vitest";

import type { DrainInfo, WorkerInfo } from "../api/types";
import { buildDrain, complaints, progressWords, scopeChoices, scopeWords } from "./drain";

describe("a drain", () => {
  it.each([
    ["fleet", "the whole fleet"],
    ["pool.gpu", "pool gpu"],
    ["worker.box.example.org", "worker box.example.org"],
  ])("of %s is of %s", (scope, words) => {
    expect(scopeWords(scope)).toBe(words);
  });

  it("can be of whoever is there, their pools, and everybody", () => {
    const workers = [
      { id: "w-2", pools: ["default", "gpu"] },
      { id: "w-1", pools: ["default"] },
    ] as WorkerInfo[];
    expect(scopeChoices(workers).map((each) => each.scope)).toEqual([
      "worker.w-2",
      "worker.w-1",
      "pool.default",
      "pool.gpu",
      "fleet",
    ]);
    expect(scopeChoices([])).toHaveLength(1);
  });

  it("is asked for with a note, and with an end if it has one", () => {
    const form = { scope: "fleet", runs: "finish", note: " new disks ", forSeconds: null } as const;
    expect(buildDrain(form)).toEqual({ scope: "fleet", note: "new disks" });
    expect(buildDrain({ ...form, forSeconds: 60 }).forSeconds).toBe(60);
    expect(buildDrain({ ...form, runs: "pause" }).runs).toBe("pause");
    expect(complaints([{ field: "note", message: "is missing" }])).toBe("note is missing");
  });

  it.each([
    [0, 0, "no worker of it is heard"],
    [1, 0, "1 worker, empty: nothing runs there any more"],
    [2, 1, "2 workers, 1 run left to finish"],
  ])("of %i workers with %i runs says: %s", (workers, running, words) => {
    expect(progressWords({ workers, running } as DrainInfo)).toBe(words);
  });

  it("that pauses says so", () => {
    const drain = { workers: 1, running: 2, runs: "pause" } as DrainInfo;
    expect(progressWords(drain)).toBe("1 worker, 2 runs paused with it");
  });
});
