import { describe, expect, it } from "vitest";

import type { EventRecord } from "../api/types";
import { EMPTY, take, unsettledAfter } from "./history";

function event(position: number, index = 0, effective: boolean | null = true): EventRecord {
  return {
    position,
    index,
    runId: "r",
    attempt: 1,
    seq: null,
    source: "w",
    type: "output",
    at: "",
    effective,
    refusal: null,
    data: {},
  };
}

function places(events: readonly EventRecord[]): string[] {
  return events.map(({ position, index }) => `${String(position)}.${String(index)}`);
}

describe("history", () => {
  it("keeps order and takes nothing twice, however news arrive", () => {
    const first = take(EMPTY, [event(5), event(3, 1), event(3, 0)]);
    const second = take(first, [event(4), event(5), event(9), event(3, 1)]);
    expect(places(second.events)).toEqual(["3.0", "3.1", "4.0", "5.0", "9.0"]);
  });

  it("lets the recorder's word replace the provisional one, and not the reverse", () => {
    const provisional = take(EMPTY, [event(3, 0, null)]);
    expect(unsettledAfter(provisional)).toBe(2);
    const settled = take(provisional, [event(3, 0, false)]);
    expect(settled.events[0]?.effective).toBe(false);
    expect(unsettledAfter(settled)).toBeNull();
    expect(take(settled, [event(3, 0, null)])).toBe(settled);
  });

  it("is the same object when nothing is new", () => {
    const history = take(EMPTY, [event(1)]);
    expect(take(history, [event(1)])).toBe(history);
    expect(take(history, [])).toBe(history);
  });
});
