import { describe, expect, it } from "vitest";

import type { EventRecord, TaskRun } from "../api/types";
import { applyEvent, foldRun, fromServer, isTerminal, STATES, type StateName } from "./run";

const AT = "2026-01-02T03:04:05.000Z";
const ID = "0193a1b2-0000-7000-8000-0000000000ff";

const LEASE = { attempt: 2, worker: "w-1", position: 10, takenAt: AT, beatAgeMs: 100 };

function run(state: StateName, more: Partial<TaskRun> = {}): TaskRun {
  const held = state === "running" || state === "paused";
  return {
    id: ID,
    state,
    type: "command",
    title: "a run",
    submittedBy: "operator",
    submittedAt: AT,
    startedAt: AT,
    finishedAt: isTerminal(state) ? AT : null,
    attempt: 2,
    failures: 0,
    maxAttempts: 3,
    stage: held ? "execute" : null,
    lease: held ? LEASE : null,
    dueAt: state === "retry_scheduled" ? AT : null,
    cancelRequestedAt: null,
    result: null,
    error: null,
    request: {},
    position: 10,
    ...more,
  };
}

function event(type: string, more: Partial<EventRecord> = {}): EventRecord {
  const spoken = ["submitted", "offered", "lease_taken", "lease_released", "lease_lost"];
  return {
    position: 11,
    index: 0,
    runId: ID,
    attempt: 2,
    seq: spoken.includes(type) ? null : 5,
    source: "w-1",
    type,
    at: AT,
    effective: null,
    refusal: null,
    data: {},
    ...more,
  };
}

function after(state: StateName, said: EventRecord): string {
  const next = applyEvent(fromServer(run(state)), said);
  return typeof next === "string" ? next : next.run.state;
}

const EVENTS: Record<string, EventRecord> = {
  "offered, the same": event("offered", { source: "supervisor" }),
  "offered, the next": event("offered", { attempt: 3, source: "supervisor" }),
  "offered, a later": event("offered", { attempt: 4, source: "supervisor" }),
  "lease taken": event("lease_taken"),
  "lease taken, another": event("lease_taken", { attempt: 1 }),
  "lease released": event("lease_released"),
  "lease lost": event("lease_lost", { source: "supervisor" }),
  "lease lost, another": event("lease_lost", { source: "supervisor", attempt: 1 }),
  progress: event("command_started"),
  "progress, another attempt": event("command_started", { attempt: 1 }),
  "progress, not the holder": event("command_started", { source: "w-2" }),
  "stage started": event("stage_started", { data: { stage: "publish" } }),
  paused: event("paused", { data: { kind: "frozen" } }),
  resumed: event("resumed"),
  succeeded: event("succeeded", { data: { summary: "done" } }),
  failed: event("failed", { data: { code: "command_failed", message: "x", retryable: false } }),
  "failed, retryable": event("failed", { data: { code: "agent_killed", retryable: true } }),
  cancelled: event("cancelled"),
  "lease lost, by another": event("lease_lost", { source: "w-1" }),
  redriven: event("redriven", { attempt: null, seq: null, source: "operator" }),
  "release asked for": event("release_requested", {
    attempt: null,
    seq: null,
    source: "operator",
  }),
  cancel: event("cancel_requested", { attempt: null, seq: null, source: "operator" }),
};

/** A row an event, a column a state, in the order of STATES. */
const _ = "wrong_state";
const TABLE: Record<string, string[]> = {
  // prettier-ignore
  ...{
    //                            queued           running            paused             retry_scheduled  succeeded    failed       cancelled    dead_lettered
    "offered, the same":         ["duplicate",     "duplicate",       "duplicate",       "duplicate",     "duplicate", "duplicate", "duplicate", "duplicate"],
    "offered, the next":         [_,               _,                 _,                 "queued",        _,           _,           _,           _],
    "offered, a later":          [_,               _,                 _,                 "other_attempt", _,           _,           _,           _],
    "lease taken":               ["running",       _,                 _,                 _,               _,           _,           _,           _],
    "lease taken, another":      ["other_attempt", _,                 _,                 _,               _,           _,           _,           _],
    "lease released":            [_,               "retry_scheduled", "retry_scheduled", _,               _,           _,           _,           _],
    "lease lost":                [_,               "retry_scheduled", "retry_scheduled", _,               _,           _,           _,           _],
    "lease lost, another":       [_,               "other_attempt",   "other_attempt",   _,               _,           _,           _,           _],
    "progress":                  [_,               "running",         "paused",          _,               _,           _,           _,           _],
    "progress, another attempt": [_,               "other_attempt",   "other_attempt",   _,               _,           _,           _,           _],
    "progress, not the holder":  [_,               "not_holder",      "not_holder",      _,               _,           _,           _,           _],
    "stage started":             [_,               "running",         _,                 _,               _,           _,           _,           _],
    "paused":                    [_,               "paused",          "paused",          _,               _,           _,           _,           _],
    "resumed":                   [_,               _,                 "running",         _,               _,           _,           _,           _],
    "succeeded":                 [_,               "succeeded",       _,                 _,               _,           _,           _,           _],
    "failed":                    [_,               "failed",          "failed",          _,               _,           _,           _,           _],
    "failed, retryable":         [_,               "retry_scheduled", "retry_scheduled", _,               _,           _,           _,           _],
    "cancelled":                 [_,               "cancelled",       "cancelled",       _,               _,           _,           _,           _],
    "lease lost, by another":    [_,               "not_holder",      "not_holder",      _,               _,           _,           _,           _],
    "redriven":                  [_,               _,                 _,                 _,               _,           "retry_scheduled", _,     "retry_scheduled"],
    "release asked for":         [_,               "running",         "paused",          _,               _,           _,           _,           _],
    "cancel":                    ["cancelled",     "running",         "paused",          "cancelled",     _,           _,           _,           _],
  },
};

describe("every state with every event", () => {
  for (const [name, said] of Object.entries(EVENTS)) {
    it.each(STATES.map((state, at) => [state, TABLE[name]?.[at]] as const))(
      `${name}: %s -> %s`,
      (state, expected) => {
        expect(after(state, said)).toBe(expected);
      },
    );
  }
});

function apply(before: TaskRun, said: EventRecord): TaskRun {
  const next = applyEvent(fromServer(before), said);
  if (typeof next === "string") throw new Error(next);
  return next.run;
}

describe("what a step leaves", () => {
  it("a lease tells who holds it and where the broker keeps it", () => {
    const taken = apply(run("queued"), event("lease_taken", { data: { worker: "w-7" } }));
    expect(taken.lease).toEqual({
      attempt: 2,
      worker: "w-7",
      position: 11,
      takenAt: AT,
      beatAgeMs: null,
    });
    expect(taken.position).toBe(11);
  });

  it("an end takes lease and stage away and says when", () => {
    const ended = apply(run("running"), event("succeeded", { data: { summary: "done" } }));
    expect(ended).toMatchObject({ lease: null, stage: null, finishedAt: AT });
    expect(ended.result).toEqual({ summary: "done" });
  });

  it("a retryable failure is due by the server's reckoning", () => {
    const failed = apply(run("running"), event("failed", { data: { retryable: true } }));
    // 5 s less what the id's last bytes take off: (0xff * 31 + 97) % 256 = 66 of 256 of a fifth.
    expect(failed.dueAt).toBe("2026-01-02T03:04:09.743Z");
    expect(failed.failures).toBe(1);
  });

  it("the first lost lease is due at once, the next one is not", () => {
    const lost = event("lease_lost", { source: "supervisor" });
    expect(apply(run("running"), lost).dueAt).toBe(AT);
    const again = apply(run("running", { failures: 1 }), lost).dueAt ?? "";
    expect(Date.parse(again)).toBeGreaterThan(Date.parse(AT));
  });

  it("the last failure is the end", () => {
    const spent = run("running", { failures: 2 });
    expect(apply(spent, event("lease_lost", { source: "supervisor" })).state).toBe("dead_lettered");
    const failed = apply(spent, event("failed", { data: { code: "x", retryable: true } }));
    expect(failed).toMatchObject({ state: "dead_lettered", failures: 3 });
    expect(failed.error?.code).toBe("x");
  });

  it.each(["lease_lost", "lease_released", "failed"])("a cancel is fulfilled by %s", (type) => {
    const wished = run("running", { cancelRequestedAt: AT });
    const source = type === "lease_lost" ? "supervisor" : "w-1";
    expect(apply(wished, event(type, { source })).state).toBe("cancelled");
  });

  it("a lease that an operator took away is no failure", () => {
    const wish = event("release_requested", { attempt: null, seq: null, source: "ada" });
    const lost = event("lease_lost", { position: 12, source: "supervisor" });
    const error = null;
    const expected = { state: "retry_scheduled", failures: 0, dueAt: AT, error, lease: null };
    expect(foldRun(run("running"), [wish, lost])).toMatchObject(expected);
    const wished = run("running", { lease: { ...LEASE, releaseRequestedAt: AT } });
    expect(foldRun(wished, [lost])).toMatchObject(expected);
    expect(applyEvent(fromServer(wished), wish)).toBe("duplicate");
  });

  it("a run that is tried again has failed never, and says what failed last", () => {
    const error = { code: "x", message: "y", retryable: true };
    const again = apply(run("dead_lettered", { failures: 3, error }), event("redriven"));
    expect(again).toMatchObject({ failures: 0, error, dueAt: AT, finishedAt: null });
  });

  it("a pull request is a result", () => {
    const data = { url: "https://example.org/pull/7", number: 7, updated: false };
    const opened = apply(run("running"), event("pull_request_opened", { data }));
    expect(opened.result?.pullRequest).toEqual({ url: data.url, number: 7 });
  });

  it("a second cancel is the first", () => {
    const wished = fromServer(run("running", { cancelRequestedAt: AT }));
    const again = event("cancel_requested", { attempt: null, seq: null });
    expect(applyEvent(wished, again)).toBe("duplicate");
  });

  it("a new attempt forgets the failure of the one before", () => {
    const error = { code: "x", message: "y", retryable: true };
    const offered = apply(run("retry_scheduled", { error }), event("offered", { attempt: 3 }));
    expect(offered).toMatchObject({ state: "queued", attempt: 3, error: null, dueAt: null });
  });
});

describe("the fold", () => {
  const taken = event("lease_taken", { position: 11 });
  const stage = event("stage_started", { position: 12, seq: 1, data: { stage: "prepare" } });
  const done = event("succeeded", { position: 12, index: 1, seq: 2 });

  it("takes events of one message one after the other", () => {
    expect(foldRun(run("queued"), [taken, stage, done]).state).toBe("succeeded");
  });

  it("leaves out what the server's answer knew", () => {
    const known = run("running", { position: 12 });
    expect(foldRun(known, [taken, stage, done])).toBe(known);
  });

  it("leaves out what the recorder refused", () => {
    const refused = { ...done, effective: false };
    expect(foldRun(run("queued"), [taken, stage, refused]).state).toBe("running");
  });

  it("takes nothing twice", () => {
    const once = foldRun(run("queued"), [taken, stage]);
    expect(foldRun(run("queued"), [taken, stage, stage])).toEqual(once);
  });
});
