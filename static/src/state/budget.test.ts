import { describe, expect, it } from "vitest";

import { amount, budgetName, level, offered, raiseOf, share, unitOf } from "./budget";

const budget = (name: string, used: number, limit: number, reached = false) => ({
  budget: name,
  used,
  limit,
  reached,
});

describe("a budget", () => {
  it.each([
    ["wall_seconds", 3_600, "1 h"],
    ["spend_cents", 512, "$5.12"],
    ["tokens", 2_000_512, "2,000,512"],
    ["of_a_later_version", 7, "7"],
  ])("of %s, %d, is %s", (name, value, words) => {
    expect(amount(name, value)).toBe(words);
  });

  it("has a name and a unit, also in a later version", () => {
    expect([budgetName("wall_seconds"), unitOf("wall_seconds")]).toEqual([
      "working time",
      "minutes",
    ]);
    expect(budgetName("of_a_later_version")).toBe("of a later version");
  });

  it.each([
    [10, 100, false, 0.1, "good"],
    [80, 100, false, 0.8, "warn"],
    [120, 100, false, 1, "bad"],
    [50, 100, true, 0.5, "bad"],
    [0, 0, false, 1, "bad"],
  ] as const)("%d of %d, reached %s", (used, limit, reached, part, tone) => {
    expect(share(budget("turns", used, limit, reached))).toBe(part);
    expect(level(budget("turns", used, limit, reached))).toBe(tone);
  });

  it("is raised in the unit that people type, and only rises", () => {
    expect(offered(budget("wall_seconds", 0, 3_600))).toBe(90);
    expect(offered(budget("spend_cents", 600, 500))).toBe(9);
    expect(raiseOf(budget("spend_cents", 0, 500), 7.5, " nearly done ")).toEqual({
      ok: true,
      request: {
        action: "raise_budget",
        budget: "spend_cents",
        limit: 750,
        note: "nearly done",
      },
    });
    expect(raiseOf(budget("spend_cents", 0, 500), 5, "")).toEqual({
      ok: false,
      why: "a limit only rises: give more than $5.00",
    });
    for (const typed of [null, -1, Number.NaN, 1e300]) {
      expect(raiseOf(budget("turns", 0, 5), typed, "").ok).toBe(false);
    }
  });
});
