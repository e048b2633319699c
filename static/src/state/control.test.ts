import { describe, expect, it } from "vitest";

import type { EventRecord, RunControl, TaskRun } from "../api/types";
import { begun, cancelled, controlOf, letGo, NO_CONTROL, told, wished } from "./control";
import { golden } from "./golden";
import { foldRun, STATES } from "./run";

const PAUSE = "019a2b3c-5000-7000-8000-000000000020";
const TAKEOVER = "019a2b3c-5000-7000-8000-000000000023";

/** The control after examples, one after the other, a second apart. */
function after(...names: (string | EventRecord)[]): RunControl {
  let control = NO_CONTROL;
  names.forEach((name, place) => {
    const at = new Date(place * 1_000).toISOString();
    const record = typeof name === "string" ? golden(name) : name;
    const event = { ...record, at };
    control = wished(control, event, true) ?? told(control, event) ?? control;
  });
  return control;
}

const delivered = (command: string, refused?: string) =>
  golden("event-control-delivered", { data: { command, refused } });

describe("the phases of a pause", () => {
  it("requested: who wished it, how and why", () => {
    expect(after("control-pause").pause).toMatchObject({
      phase: "requested",
      command: PAUSE,
      by: "anna",
      cause: "operator",
      mode: "soft",
      note: "wait for the review",
      requestedAt: "1970-01-01T00:00:00.000Z",
      deliveredAt: null,
    });
    expect(after("control-pause-hard").pause?.mode).toBe("hard");
  });

  it("delivered: the worker holds it", () => {
    const { pause } = after("control-pause", "event-control-delivered");
    expect(pause).toMatchObject({ phase: "delivered", deliveredAt: "1970-01-01T00:00:01.000Z" });
  });

  it("effective: before which tool, by what means, for how long", () => {
    const names = ["control-pause", "event-control-delivered", "event-paused-checkpoint"];
    expect(after(...names).pause).toMatchObject({
      phase: "effective",
      by: "anna",
      note: "wait for the review",
      deliveredAt: "1970-01-01T00:00:01.000Z",
      effectiveAt: "1970-01-01T00:00:02.000Z",
      method: "checkpoint",
      before: "exec_command",
      escalated: false,
      resumesAt: "1970-01-01T00:15:02.000Z",
    });
    const forced = after("control-pause", "event-control-delivered", "event-paused-escalated");
    expect(forced.pause).toMatchObject({ method: "cgroup", escalated: true, resumesAt: null });
  });

  it("resuming, and gone, with the time that it took", () => {
    const held = ["control-pause", "event-paused-checkpoint"];
    expect(after(...held, "control-resume").pause?.phase).toBe("resuming");
    const gone = after(...held, "control-resume", "event-resumed-by");
    expect(gone).toMatchObject({ pause: null, pausedMs: 61_500 });
    const early = after("control-pause", "control-resume", delivered("another"));
    expect(early.pause).toBeNull();
    expect(wished(after("control-pause"), golden("control-resume"), false)?.pause).toBeNull();
    expect(after(...held, "event-resumed")).toMatchObject({ pause: null, pausedMs: 1_000 });
  });

  it("a pause that nobody wished for says so", () => {
    const data = { kind: "checkpoint", method: "checkpoint", cause: "budget" };
    const { pause } = after(golden("event-paused", { data }));
    expect(pause).toMatchObject({ phase: "effective", by: null, cause: "budget" });
    expect(after("event-paused").pause).toMatchObject({ method: "checkpoint", cause: "operator" });
  });

  it("a wish about a run that stands still leaves it standing", () => {
    const { pause } = after("event-paused-checkpoint", "control-pause-hard");
    expect(pause).toMatchObject({ phase: "effective", mode: "hard", method: "checkpoint" });
    expect(pause).toMatchObject({ deliveredAt: null, resumesAt: null });
  });

  it("a refused pause is no pause; a refused resume leaves it as it was", () => {
    expect(after("control-pause", delivered(PAUSE, "it is over")).pause).toBeNull();
    const held = ["control-pause", "event-paused-checkpoint", "control-resume"];
    expect(after(...held, "event-control-refused").pause?.phase).toBe("effective");
    expect(after(...held, delivered(PAUSE)).pause?.phase).toBe("resuming");
  });
});

describe("a takeover", () => {
  it("is wished, begins and ends when it is handed back", () => {
    const asked = after("control-takeover");
    expect(asked.pause).toMatchObject({ cause: "takeover", command: TAKEOVER });
    expect(asked.takeover).toMatchObject({ by: "anna", beganAt: null, expiresAt: null });
    const has = after("control-takeover", "event-takeover-began");
    expect(has.takeover).toMatchObject({
      command: TAKEOVER,
      note: "the tests need my key",
      beganAt: "1970-01-01T00:00:01.000Z",
      expiresAt: "1970-01-01T01:00:01.000Z",
    });
    const over = after("control-takeover", "event-takeover-began", "event-takeover-ended");
    expect(over.takeover).toBeNull();
  });

  it("that was handed back is remembered with what the agent and its model have of it", () => {
    const names = ["control-takeover", "event-takeover-began", "event-takeover-ended"];
    const back = (...more: string[]) => after(...names, ...more).handBack;
    const [delivered, seen] = ["event-message-delivered-hand-back", "event-message-seen-hand-back"];
    expect(back()).toMatchObject({
      takeover: TAKEOVER,
      by: "anna",
      handedBackAt: "1970-01-01T00:00:02.000Z",
      state: "queued",
    });
    expect(back(delivered)).toMatchObject({ state: "delivered", via: "PreToolUse", seenAt: null });
    expect(back(delivered, seen)).toMatchObject({
      state: "seen",
      deliveredAt: "1970-01-01T00:00:03.000Z",
      seenAt: "1970-01-01T00:00:04.000Z",
    });
    expect(back("event-message-dropped-hand-back")).toMatchObject({
      state: "undelivered",
      reason: "the run ended before the agent could be handed it",
    });
    // An operator's own messages are others, and wait for themselves.
    const told = after("control-send-message", ...names, delivered);
    expect(told.pendingMessages).toBe(1);
    expect(back("event-message-delivered")?.state).toBe("queued");
  });

  it("that was handed back is over with its attempt, and forgotten in the next", () => {
    const names = ["control-takeover", "event-takeover-began", "event-takeover-ended"];
    const lost = letGo(after(...names), golden("event-failed"), false);
    expect(lost.handBack?.state).toBe("undelivered");
    expect(begun(lost).handBack).toBeNull();
  });

  it("that is refused gives nobody the run's place", () => {
    const refused = after("control-takeover", delivered(TAKEOVER, "taken over by ben"));
    expect(refused).toMatchObject({ pause: null, takeover: null });
  });
});

describe("what waits", () => {
  it("messages and requests for help are counted until they are handed over", () => {
    expect(after("control-send-message").pendingMessages).toBe(1);
    expect(after("control-send-message", "event-message-delivered").pendingMessages).toBe(0);
    expect(after("event-message-dropped").pendingMessages).toBe(0);
    expect(after("event-operator-needed").openHelpRequests).toBe(1);
    const answered = after("event-operator-needed", "event-operator-not-needed");
    expect(answered.openHelpRequests).toBe(0);
  });

  it("budgets tell what is used, and that they were raised", () => {
    const reached = { budget: "tokens", limit: 2_000_000, used: 2_000_512, reached: true };
    expect(after("event-budget-reached").budgets).toEqual([reached]);
    const raised = after("event-budget-reached", "event-budget-raised");
    expect(raised.budgets).toEqual([{ ...reached, limit: 4_000_000, reached: false }]);
    expect(begun(raised).budgets[0]).toMatchObject({ used: 0, limit: 4_000_000 });
  });

  it("an agent tells what can be done with it", () => {
    expect(after("event-agent-started-capable").agent).toMatchObject({
      mode: "interactive",
      sandbox: "workspace-write",
      approvals: "on-request",
      capabilities: { checkpoints: true, interactive: true },
    });
    expect(after("event-agent-started").agent?.capabilities.checkpoints).toBe(false);
  });
});

describe("the end of a hold", () => {
  const end = golden("event-failed", { at: "1970-01-01T00:00:10.000Z" });

  it("a pause outlives its worker, not its run; a takeover outlives neither", () => {
    const has = after("control-takeover", "event-paused-checkpoint", "event-takeover-began");
    expect(letGo(has, end, false)).toMatchObject({
      takeover: null,
      pausedMs: 9_000,
      pause: { phase: "requested", cause: "operator", deliveredAt: null, effectiveAt: null },
    });
    expect(letGo(has, end, true)).toMatchObject({ takeover: null, pause: null });
    expect(letGo(after("event-paused", "control-resume"), end, false).pause).toBeNull();
    const data = { kind: "checkpoint", cause: "budget" };
    expect(letGo(after(golden("event-paused", { data })), end, false).pause).toBeNull();
  });

  it("a wish that came while the run went on is still a wish", () => {
    const unheard = after("event-paused", "control-pause", "event-resumed");
    expect(unheard.pause).toMatchObject({ phase: "requested", effectiveAt: null });
  });

  it("a cancel lets go of what stands still, and forgets what was only wished", () => {
    expect(cancelled(after("control-takeover"))).toMatchObject({ pause: null, takeover: null });
    expect(cancelled(after("event-paused")).pause?.phase).toBe("resuming");
  });

  it("after a takeover that nobody ended the run stays held", () => {
    const ended = golden("event-takeover-ended");
    const expired = { ...ended, data: { takeover: TAKEOVER, end: "expired" } };
    const names = ["control-takeover", "event-paused-checkpoint", "event-takeover-began", expired];
    const { pause, takeover } = after(...names);
    expect(takeover).toBeNull();
    expect(pause).toMatchObject({ phase: "effective", cause: "operator" });
  });
});

describe("a run", () => {
  const AT = "2026-01-02T03:04:05.000Z";
  const lease = { attempt: 1, worker: "w-1", position: 9, takenAt: AT, beatAgeMs: null };
  const run = { state: "running", attempt: 1, position: 10, lease, request: {} } as TaskRun;

  it("is paused, resumed and over, with its control", () => {
    const paused = [golden("control-pause"), golden("event-paused-checkpoint", { position: 12 })];
    const held = foldRun(run, paused);
    expect(held.state).toBe("paused");
    expect(controlOf(held).pause?.phase).toBe("effective");
    const gone = foldRun(held, [golden("event-resumed-by", { position: 13 })]);
    expect(gone.state).toBe("running");
    expect(controlOf(gone).pause).toBeNull();
    const over = foldRun(held, [golden("event-cancelled", { position: 13, seq: 90 })]);
    expect(over.state).toBe("cancelled");
    expect(controlOf(over).pause).toBeNull();
  });

  it("that is to end is not paused any more", () => {
    const ending = { ...run, cancelRequestedAt: AT };
    expect(controlOf(foldRun(ending, [golden("control-pause")])).pause).toBeNull();
    const told = foldRun(ending, [golden("control-send-message")]);
    expect(controlOf(told).pendingMessages).toBe(1);
  });

  it("of any state takes every wish, unless it is over", () => {
    for (const state of STATES) {
      const next = foldRun({ ...run, state }, [golden("control-pause")]);
      const over = ["succeeded", "failed", "cancelled", "dead_lettered"].includes(state);
      expect(controlOf(next).pause === null).toBe(over);
    }
  });
});
