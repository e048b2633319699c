import { describe, expect, it } from "vitest";

import {
  again,
  answered,
  begin,
  due,
  IN_FLIGHT,
  MAX_INPUT,
  MOST_WAITING,
  pieces,
  typed,
  type Typing,
} from "./typing";

const GRANT = { id: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b", fence: 4, key: "k" };
const bytes = (text: string) => new TextEncoder().encode(text);

function after(now: Typing, text: string): Typing {
  const next = typed(now, bytes(text));
  if (next === null) throw new Error("refused");
  return due(next)[0];
}

// B-05
describe("typing", () => {
  it("numbers what is sent, under the grant and its fence", () => {
    const [now, wishes] = due(typed(begin(GRANT), bytes("ls\r")) ?? begin(GRANT));
    expect(wishes).toEqual([
      { type: "input", grant: GRANT.id, fence: 4, seq: 1, bytes: bytes("ls\r") },
    ]);
    expect(due(now)[1]).toEqual([]);
  });

  it("cuts a large paste at 4 KiB and keeps characters whole", () => {
    const text = "ä".repeat(5_000);
    const cut = pieces(bytes(text));
    expect(cut.every((each) => each.length <= MAX_INPUT)).toBe(true);
    expect(cut.map((each) => new TextDecoder("utf-8", { fatal: true }).decode(each)).join("")).toBe(
      text,
    );
  });

  it("has four pieces on their way at most, and goes on with each that is accepted", () => {
    const full = after(begin(GRANT), "x".repeat(10 * MAX_INPUT));
    expect(full.sent).toHaveLength(IN_FLIGHT);
    const heard = answered(full, { type: "accepted", offset: 9, grant: GRANT.id, seq: 2 });
    expect(due(heard)[1].map((wish) => wish.type === "input" && wish.seq)).toEqual([5, 6]);
  });

  it("repeats what was not confirmed under the same numbers", () => {
    let now = after(after(begin(GRANT), "a"), "b");
    now = answered(now, { type: "accepted", offset: 9, grant: GRANT.id, seq: 1 });
    expect(again(now)).toEqual([
      { type: "input", grant: GRANT.id, fence: 4, seq: 2, bytes: bytes("b") },
    ]);
  });

  it("drops what waits behind a refused piece, and says why", () => {
    const now = after(begin(GRANT), "x".repeat(10 * MAX_INPUT));
    const refused = answered(now, { type: "refused", refused: { seq: 3, reason: "revoked" } });
    expect(refused.sent.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(refused).toMatchObject({ waiting: [], refusal: "revoked" });
  });

  it("does not hear what is meant for another grant", () => {
    const now = after(begin(GRANT), "a");
    const other = "019a2b3c-4d5e-7f60-8a1b-000000000000";
    expect(answered(now, { type: "accepted", offset: 9, grant: other, seq: 1 })).toBe(now);
    const refused = { type: "refused", refused: { grant: other, reason: "no" } } as const;
    expect(answered(now, refused)).toBe(now);
  });

  it("goes on under the higher fence that more time brings", () => {
    const writer = {
      grant: GRANT.id,
      holder: "ada",
      channel: "web",
      terminals: ["agent"],
      leftMs: 9,
      reason: "",
    };
    const renewed = answered(begin(GRANT), {
      type: "writer",
      offset: 0,
      gate: { fence: 9, writer },
    });
    const [, wishes] = due(typed(renewed, bytes("x")) ?? renewed);
    expect(wishes).toMatchObject([{ seq: 1, fence: 9 }]);
    const other = { ...writer, grant: "019a2b3c-4d5e-7f60-8a1b-000000000000" };
    const lost = answered(renewed, {
      type: "writer",
      offset: 0,
      gate: { fence: 10, writer: other },
    });
    expect(lost).toBe(renewed);
  });

  it("takes no more than 1 MiB", () => {
    expect(typed(begin(GRANT), new Uint8Array(MOST_WAITING + 1))).toBeNull();
  });
});
