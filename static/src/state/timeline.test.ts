import { describe, expect, it } from "vitest";

import type { EventRecord } from "../api/types";
import { isKnown } from "./entry";
import { golden, goldenNames } from "./golden";
import { timeline } from "./timeline";

let position = 0;

function event(type: string, data: object = {}, more: Partial<EventRecord> = {}): EventRecord {
  position += 1;
  return {
    position,
    index: 0,
    runId: "r",
    attempt: 1,
    seq: null,
    source: "w-1",
    type,
    at: new Date(position * 1_000).toISOString(),
    effective: true,
    refusal: null,
    data,
    ...more,
  };
}

describe("timeline", () => {
  it("has words for everything that there is", () => {
    const unworded = goldenNames()
      .map((name) => golden(name).type)
      .concat(["write_granted", "write_renewed", "write_released", "write_revoked"])
      .filter((type) => type !== "output" && type !== "session_heartbeat")
      .filter((type) => !isKnown(type));
    expect(unworded).toEqual([]);
  });

  it("says once that somebody types where they type, and nothing of beats", () => {
    const typed = (terminal: string) =>
      event("input_typed", { grant: "g", holder: "anna", terminal });
    const [group] = timeline([
      event("write_granted", { holder: "anna", ttlMs: 900_000, reason: "it hangs" }),
      typed("shell"),
      typed("shell"),
      event("session_heartbeat"),
      typed("shell"),
      typed("agent"),
      event("write_ended", { holder: "anna", cause: "expired" }),
    ]);
    expect(group?.entries.map(({ title }) => title)).toEqual([
      "w-1 may type for 15 min",
      "anna types in its shell",
      "anna types to its agent",
      "anna may type no more: the time is over",
    ]);
    expect(group?.entries[0]?.body).toBe("it hangs");
  });

  it("groups by attempt, and puts a command where it was given", () => {
    const groups = timeline([
      event("submitted", {}, { source: "operator" }),
      event("lease_taken", { worker: "w-1" }),
      event("cancel_requested", {}, { attempt: null, source: "operator" }),
      event("lease_lost", { worker: "w-1" }, { source: "supervisor" }),
      event("offered", {}, { attempt: 2, source: "supervisor" }),
    ]);
    expect(groups.map((group) => [group.attempt, group.worker, group.outcome])).toEqual([
      [1, "w-1", "worker lost"],
      [2, null, null],
    ]);
    expect(groups[0]?.entries.map((entry) => entry.kind)).toContain("cancel_requested");
  });

  it("makes a command's start and end one entry", () => {
    const start = event("command_started", { stepId: "a", command: "make" });
    const end = event("command_finished", {
      stepId: "a",
      command: "make",
      exitCode: 2,
      durationMs: 1500,
      outputTail: "no",
    });
    const [entry, ...others] = timeline([start, end])[0]?.entries ?? [];
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      kind: "command_started",
      at: start.at,
      code: "make",
      title: "exit 2",
      tone: "warn",
      durationMs: 1500,
      detail: "no",
      open: false,
    });
  });

  it("tells steps apart that share an id, one after the other", () => {
    const step = { stepId: "a", command: "make" };
    const groups = timeline([
      event("command_started", step),
      event("command_finished", { ...step, exitCode: 0 }),
      event("command_started", step),
      event("command_finished", { ...step, exitCode: 1 }),
    ]);
    const entries = groups[0]?.entries ?? [];
    expect(entries.map((entry) => entry.title)).toEqual(["exit 0", "exit 1"]);
    expect(new Set(entries.map((entry) => entry.key)).size).toBe(2);
  });

  it("says that a command was cut off when its attempt ended first", () => {
    const groups = timeline([
      event("command_started", { stepId: "a", command: "make" }),
      event("lease_lost", {}, { source: "supervisor" }),
    ]);
    expect(groups[0]?.entries[0]).toMatchObject({ open: false, cut: true });
  });

  it("strikes what came too late, with the reason, and lets it end nothing", () => {
    const late = { effective: false, refusal: "other_attempt" };
    const groups = timeline([
      event("command_started", { stepId: "a", command: "make" }),
      event("command_finished", { stepId: "a", command: "make", exitCode: 0 }, late),
      event("succeeded", { summary: "done" }, late),
    ]);
    expect(groups[0]?.outcome).toBeNull();
    expect(groups[0]?.entries.map((entry) => [entry.open, entry.refused])).toEqual([
      [true, null],
      [false, "late: its attempt was over"],
      [false, "late: its attempt was over"],
    ]);
  });

  it("shows late output once, and no other output", () => {
    const late = { effective: false, refusal: "other_attempt" };
    const groups = timeline([
      event("output", { offset: 0, text: "a" }),
      event("output", { offset: 1, text: "b" }, late),
      event("output", { offset: 2, text: "c" }, late),
    ]);
    expect(groups[0]?.entries).toHaveLength(1);
  });

  it("shows kinds and fields that it does not know", () => {
    const groups = timeline([event("teleported", { to: "mars" }), event("failed", { code: 7 })]);
    expect(groups[0]?.entries[0]).toMatchObject({ title: "teleported" });
    expect(groups[0]?.entries[0]?.detail).toContain("mars");
    expect(groups[0]?.entries[1]).toMatchObject({ title: "Failed:", code: null });
  });

  it("has a key for every entry", () => {
    const started = { stage: "prepare" };
    const groups = timeline([
      event("stage_started", started),
      event("stage_finished", started),
      event("stage_started", started),
      event("stage_started", started),
    ]);
    const keys = groups[0]?.entries.map((entry) => entry.key) ?? [];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("says what the fleet did to a run", () => {
    const url = "https://example.org/a/b/pull/7";
    const [group] = timeline([
      event("cancel_step", { step: "terminated" }),
      event("agent_frozen", { reason: "cut off" }),
      event("agent_thawed", { frozenMs: 1500 }),
      event("adopted", { version: "1.2.3" }),
      event("redriven", { actor: "ada", note: "mended" }, { attempt: null, source: "ada" }),
      event("pull_request_opened", { url, number: 7, updated: true }),
      event("pull_request_opened", { url: "javascript:alert(1)", number: 8, updated: false }),
    ]);
    const told = group?.entries.map(({ title, body, link }) => [title, body, link]);
    expect(told).toEqual([
      ["Agent told to end", null, null],
      ["Agent held still by its worker", "cut off", null],
      ["Agent goes on after standing still for", null, null],
      ["Its worker was started again and goes on where it was", null, null],
      ["Tried again by ada; its failures count from 0 again", "mended", null],
      ["Pull request updated", null, { url, label: "#7" }],
      ["Pull request opened", null, null],
    ]);
  });

  it("tells a worker that was lost from one that its run was taken from", () => {
    const groups = timeline([
      event("lease_taken", { worker: "w-1" }),
      event("lease_lost", { worker: "w-1", reason: "released by ada: it hangs" }),
    ]);
    expect(groups[0]?.outcome).toBe("taken away");
    expect(groups[0]?.entries[1]?.title).toBe("Taken away from w-1");
  });
});
