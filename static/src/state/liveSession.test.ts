import { describe, expect, it } from "vitest";

import type { ControlRecord, LiveSession } from "../api/types";
import {
  actionDetail,
  actionWords,
  canOpen,
  countdown,
  demotion,
  evidence,
  sessionWords,
} from "./liveSession";

const NOW = Date.parse("2026-11-21T09:00:00Z");
const SESSION: LiveSession = {
  id: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6070",
  taskRunId: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a",
  generation: 1,
  provider: "web",
  status: "ready",
};
const RECORD: ControlRecord = {
  id: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071",
  taskRunId: SESSION.taskRunId,
  actor: "ada",
  actorKind: "operator",
  action: "write_granted",
  metadata: { reason: "a question", holder: "ada" },
  createdAt: "2026-11-21T08:59:00Z",
  position: 9,
  effective: true,
};

// H-14
describe("a session in words", () => {
  it.each([
    ["disabled", "Nobody can watch"],
    ["ready", "Live"],
    ["revoked", "Revoked"],
    ["ended", "Ended with its run"],
    ["error", "Cannot be watched"],
  ])("%s: %s", (status, title) => {
    expect(sessionWords({ ...SESSION, status }, true).title).toBe(title);
  });

  it("says what it waits for, and why it failed, with the way out", () => {
    const starting = { ...SESSION, status: "starting" };
    expect(sessionWords(starting, false).title).toContain("Waits for the run");
    expect(sessionWords(starting, true).title).toBe("Opening");
    const failed = { ...SESSION, status: "error", errorMessage: "no relay" };
    expect(sessionWords(failed, true).hint).toMatch(/No relay.*goes on.*Open it again/);
    expect(sessionWords(null, true).title).toBe("Nobody can watch");
    const stale = { ...SESSION, health: "stale", healthReason: "it is silent" };
    expect(sessionWords(stale, true)).toMatchObject({ tone: "warn" });
  });

  it("gives its evidence, and says when that is old", () => {
    const beat = { ...SESSION, workerId: "b-1", lastHeartbeatAt: "2026-11-21T08:59:56Z" };
    expect(evidence({ ...beat, workerHostname: "host-1" }, NOW)).toEqual({
      text: "on worker b-1 (host-1), its worker said so 4.0 s ago",
      late: false,
    });
    expect(evidence({ ...beat, lastHeartbeatAt: "2026-11-21T08:50:00Z" }, NOW).late).toBe(true);
  });

  it("is opened when there is a run to watch", () => {
    expect(canOpen(null, false)).toBe(true);
    expect(canOpen({ ...SESSION, status: "error" }, false)).toBe(true);
    expect(canOpen(SESSION, false)).toBe(false);
    expect(canOpen(null, true)).toBe(false);
  });
});

describe("who may type", () => {
  it("is told why they may not any more", () => {
    expect(demotion({ fence: 2, ended: "expired" })).toContain("time to type is over");
    expect(demotion({ fence: 2, ended: "revoked" })).toContain("taken away");
    const writer = {
      grant: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b",
      holder: "grace",
      channel: "web",
      terminals: [],
      leftMs: 1,
      reason: "",
    };
    expect(demotion({ writer })).toBe("grace took over: no reason given.");
  });

  it("sees the time run down", () => {
    expect([0, 999, 61_000, 3_600_000].map(countdown)).toEqual(["0:00", "0:01", "1:01", "1:00:00"]);
  });
});

// H-03
describe("the record", () => {
  it("says who did what, and what changed nothing", () => {
    expect(actionWords(RECORD)).toBe("got the right to type");
    expect(actionDetail(RECORD)).toBe("a question · ada");
    expect(actionWords({ ...RECORD, action: "of_later" })).toBe("of later");
    const refused = { ...RECORD, metadata: null, effective: false, refusal: "wrong_state" };
    expect(actionDetail(refused)).toBe("changed nothing: wrong_state");
  });
});
