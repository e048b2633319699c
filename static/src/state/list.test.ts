import { describe, expect, it } from "vitest";

import type { EventRecord, TaskRun } from "../api/types";
import { NO_FILTERS } from "./filters";
import { append, hear, refresh, replace } from "./list";

function run(id: string, position = 1, state = "queued"): TaskRun {
  return {
    id,
    state,
    type: "command",
    title: id,
    submittedBy: "operator",
    submittedAt: "2026-01-01T00:00:00Z",
    attempt: 1,
    failures: 0,
    maxAttempts: 3,
    request: {},
    position,
  };
}

function ids(list: { rows: TaskRun[] }): string[] {
  return list.rows.map((row) => row.id);
}

describe("the runs list", () => {
  const two = refresh(null, { runs: [run("9"), run("8")], nextCursor: "c8" });

  it("grows by older pages, none twice", () => {
    const list = append(two, { runs: [run("8"), run("7")], nextCursor: null });
    expect(ids(list)).toEqual(["9", "8", "7"]);
    expect(list.nextCursor).toBeNull();
  });

  it("keeps older rows when its newest part is read again", () => {
    const long = append(two, { runs: [run("7"), run("6")], nextCursor: "c6" });
    const list = refresh(long, { runs: [run("a"), run("9")], nextCursor: "c9" });
    expect(ids(list)).toEqual(["a", "9", "8", "7", "6"]);
    expect(list.nextCursor).toBe("c6");
  });

  it("forgets what the server's list no longer has", () => {
    const list = refresh(two, { runs: [run("8")], nextCursor: null });
    expect(ids(list)).toEqual(["8"]);
  });

  it("never goes back behind what it knows", () => {
    const ahead = replace(two, run("9", 7, "running"), NO_FILTERS);
    const list = refresh(ahead, { runs: [run("9", 3), run("8")], nextCursor: null });
    expect(list.rows[0]?.state).toBe("running");
  });

  it("lets a run leave when it no longer matches", () => {
    const filters = { ...NO_FILTERS, states: ["queued" as const] };
    expect(ids(replace(two, run("9", 7, "running"), filters))).toEqual(["8"]);
  });

  it("hears a change before the server's list tells it", () => {
    const taken: EventRecord = {
      position: 5,
      index: 0,
      runId: "8",
      attempt: 1,
      seq: null,
      source: "w-1",
      type: "lease_taken",
      at: "2026-01-01T00:00:01Z",
      effective: null,
      data: {},
    };
    const list = hear(two, taken);
    expect(list.rows[1]).toMatchObject({ state: "running", position: 5 });
    expect(hear(list, { ...taken, runId: "unknown" })).toBe(list);
  });
});
