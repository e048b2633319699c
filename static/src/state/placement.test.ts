import { describe, expect, it } from "vitest";

import type { PlacementInfo, WorkerVerdict } from "../api/types";
import { nearest, queueWords, ruleWords, waits } from "./placement";

function verdict(worker: string, rule: string): WorkerVerdict {
  return { worker, verdict: rule, detail: "" };
}

function placed(ahead: number): PlacementInfo {
  const queue = { route: "default_command", priority: "high", position: ahead + 1, ahead };
  return { state: "queued", queue, workers: [], advice: [] };
}

describe("why a run has not started", () => {
  it.each(["queued", "retry_scheduled"])("is asked of a run that is %s", (state) => {
    expect(waits(state)).toBe(true);
  });

  it.each(["running", "succeeded", "dead_lettered"])("is not asked when it is %s", (state) => {
    expect(waits(state)).toBe(false);
  });

  it("shows the workers that come closest first", () => {
    const workers = [verdict("c", "unheard"), verdict("b", "busy"), verdict("a", "busy")];
    expect(nearest(workers).map((each) => each.worker)).toEqual(["a", "b", "c"]);
  });

  it("says where it stands", () => {
    expect(queueWords(placed(0))).toContain("Place 1 in its queue, priority high: no run");
    expect(queueWords(placed(1))).toContain("1 run is before it");
    expect(queueWords(placed(1_200))).toContain("1,200 runs are before it");
    expect(queueWords({ ...placed(0), queue: null })).toBeNull();
  });

  it("names rules in words, also those of a later version", () => {
    expect(ruleWords("can_take_now")).toEqual({ word: "can take it now", tone: "good" });
    expect(ruleWords("too_late").word).toBe("too late");
  });
});
