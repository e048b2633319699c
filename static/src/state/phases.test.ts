import { describe, expect, it } from "vitest";

import type { PauseInfo, RunControl, TaskRun } from "../api/types";
import { NO_CONTROL } from "./control";
import {
  abilities,
  causeWords,
  holdWords,
  obstacle,
  phases,
  stoodStill,
  type Wish,
} from "./phases";

const at = (seconds: number) => new Date(seconds * 1_000).toISOString();

const PAUSE: PauseInfo = {
  phase: "requested",
  command: "c",
  by: "anna",
  cause: "operator",
  mode: "soft",
  note: null,
  requestedAt: at(100),
  deliveredAt: null,
  effectiveAt: null,
  method: null,
  before: null,
  escalated: false,
  resumesAt: null,
};
const DELIVERED = { ...PAUSE, phase: "delivered", deliveredAt: at(100.012) };
const HELD = { ...DELIVERED, phase: "effective", effectiveAt: at(102.5), method: "checkpoint" };
const TAKEN = {
  command: "t",
  by: "ben",
  note: null,
  requestedAt: at(1),
  beganAt: at(2),
  expiresAt: null,
};

function run(control: Partial<RunControl> = {}, more: Partial<TaskRun> = {}): TaskRun {
  const lease = { attempt: 1, worker: "w-1", position: 9, takenAt: at(0), beatAgeMs: null };
  const all = { ...NO_CONTROL, ...control };
  return { state: "running", lease, cancelRequestedAt: null, control: all, ...more } as TaskRun;
}

describe("the phases", () => {
  const shown = (pause: PauseInfo, seconds: number) =>
    phases(pause, seconds * 1_000).map(({ elapsed, waits }) => [elapsed, waits]);

  it("tell what each took, and tick where one waits", () => {
    expect(shown(PAUSE, 103)).toEqual([
      [null, false],
      ["3 s …", true],
      [null, false],
    ]);
    expect(shown(DELIVERED, 104)[2]).toEqual(["3 s …", true]);
    expect(shown(HELD, 200)).toEqual([
      [null, false],
      ["+12 ms", false],
      ["+2.5 s", false],
    ]);
  });

  it("never come before the one before, whatever the clocks say", () => {
    expect(shown({ ...HELD, deliveredAt: at(99) }, 200)[1]).toEqual(["+0 ms", false]);
  });

  it("wait for nothing while it is about to go on", () => {
    expect(shown({ ...DELIVERED, phase: "resuming" }, 200)[2]).toEqual([null, false]);
  });
});

describe("how a run is held, in words", () => {
  it.each([
    [{}, ""],
    [{ pause: PAUSE }, "Its worker has not confirmed the pause yet."],
    [
      { pause: DELIVERED },
      "It stops before its next tool call, or is frozen if none comes in time.",
    ],
    [{ pause: { ...DELIVERED, mode: "hard" } }, "Its worker freezes it."],
    [{ pause: { ...HELD, before: "exec" } }, "Its agent waits before its next step (exec)."],
    [
      { pause: { ...HELD, method: "cgroup", escalated: true } },
      "No tool call came in time, so its agent is frozen.",
    ],
    [{ pause: HELD, takeover: TAKEN }, "ben has the run's place."],
    [{ pause: { ...HELD, phase: "resuming" } }, "It is about to go on."],
  ])("%j", (control, words) => {
    expect(holdWords(run(control))).toBe(words);
  });

  it("one that nobody works on is held before it begins", () => {
    const queued = run({ pause: PAUSE }, { lease: null, state: "queued" });
    expect(holdWords(queued)).toContain("before it begins");
  });

  it.each([
    [PAUSE, "Pausing"],
    [{ ...PAUSE, cause: "takeover" }, "Being taken over"],
    [HELD, "Paused"],
    [{ ...HELD, cause: "budget" }, "Paused: a budget is used up"],
    [{ ...HELD, cause: "takeover" }, "Taken over"],
    [{ ...HELD, phase: "resuming" }, "Resuming"],
  ])("the cause of %j is %s", (pause, words) => {
    expect(causeWords(pause)).toBe(words);
  });
});

describe("what can be done", () => {
  const WISHES: Wish[] = [
    "pause",
    "soft pause",
    "hard pause",
    "resume",
    "takeover",
    "steering",
    "queued",
    "raise",
  ];
  const able = { checkpoints: true, steering: true, queued: true, permissions: true };
  const agent = { capabilities: { ...able, interactive: false } };
  const deaf = { capabilities: { ...agent.capabilities, checkpoints: false, steering: false } };

  it("everything, of a run that a worker has", () => {
    for (const wish of WISHES) {
      expect(obstacle(wish, run())).toBeNull();
      expect(obstacle(wish, run({ agent }))).toBeNull();
    }
  });

  it("nothing, of one that is over or is being cancelled", () => {
    for (const wish of WISHES) {
      expect(obstacle(wish, run({}, { state: "failed" }))).toBe("the run is over");
      const cancelled = run({}, { cancelRequestedAt: at(1) });
      expect(obstacle(wish, cancelled)).toBe("the run is being cancelled");
    }
  });

  it("what its agent cannot do is not offered, with the reason", () => {
    expect(obstacle("soft pause", run({ agent: deaf }))).toContain("can only be frozen");
    expect(obstacle("hard pause", run({ agent: deaf }))).toBeNull();
    expect(obstacle("steering", run({ agent: deaf }))).toContain("middle of its turn");
    expect(obstacle("queued", run({ agent: deaf }))).toBeNull();
  });

  it("of a command its program decides", () => {
    const none = { checkpoints: false, steering: false, queued: false, permissions: false };
    const unsaid = { agent: { capabilities: { ...none, interactive: false } } };
    expect(abilities(run(unsaid, { type: "command" }))).toBeNull();
    expect(obstacle("steering", run(unsaid, { type: "command" }))).toBeNull();
    expect(obstacle("steering", run(unsaid, { type: "codex_exec" }))).not.toBeNull();
  });

  it("a run that somebody took over is handed back, not resumed or paused", () => {
    const taken = run({ takeover: TAKEN });
    expect(obstacle("pause", taken)).toBe("ben has the run's place");
    expect(obstacle("resume", taken)).toBe("ben has the run's place: hand the run back instead");
    expect(obstacle("takeover", taken)).toBe("ben has the run's place");
    expect(obstacle("steering", taken)).toBeNull();
  });

  it("a run that is held for a budget goes on when that is raised, not before", () => {
    const pause = { ...HELD, cause: "budget" };
    const budget = { budget: "wall_seconds", limit: 2, used: 2, reached: true };
    const used = run({ pause, budgets: [budget] });
    expect(obstacle("resume", used)).toBe("its working time is used up: raise it");
    expect(obstacle("raise", used)).toBeNull();
    const raised = run({ pause, budgets: [{ ...budget, limit: 9, reached: false }] });
    expect(obstacle("resume", raised)).toBeNull();
  });

  it("nobody takes over what nobody works on", () => {
    expect(obstacle("takeover", run({}, { lease: null }))).toContain("pause it");
    expect(obstacle("pause", run({}, { lease: null }))).toBeNull();
  });
});

it("time that a run stood still counts the pause in force", () => {
  expect(stoodStill({ ...NO_CONTROL, pausedMs: 5_000 }, 110_000)).toBe(5_000);
  expect(stoodStill({ ...NO_CONTROL, pausedMs: 5_000, pause: HELD }, 110_000)).toBe(12_500);
  expect(stoodStill({ ...NO_CONTROL, pause: DELIVERED }, 110_000)).toBe(0);
});
