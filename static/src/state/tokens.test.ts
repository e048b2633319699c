import { describe, expect, it } from "vitest";

import type { TokenInfo } from "../api/types";
import {
  allowsWords,
  buildToken,
  EMPTY_TOKEN,
  permitsOf,
  placeComplaints,
  stateWords,
} from "./tokens";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const TOKEN: TokenInfo = {
  id: "i",
  name: "ada",
  kind: "operator",
  role: "admin",
  state: "good",
  createdBy: "root",
  createdAt: "2026-01-01T00:00:00Z",
};

describe("the form of a token", () => {
  it("makes one for an operator, without what belongs to workers", () => {
    const form = { ...EMPTY_TOKEN, name: " ada ", worker: "w", pools: "x", days: 1 };
    expect(buildToken(form, NOW)).toEqual({
      name: "ada",
      kind: "operator",
      role: "operator",
      expiresAt: "2026-01-03T00:00:00.000Z",
    });
  });

  it("makes one for workers, and leaves out limits that are none", () => {
    const form = {
      ...EMPTY_TOKEN,
      kind: "worker" as const,
      name: "builders",
      worker: "build-*",
      pools: "nightly, gpu",
      repositories: " ",
      days: null,
    };
    expect(buildToken(form, NOW)).toEqual({
      name: "builders",
      kind: "worker",
      worker: "build-*",
      pools: ["nightly", "gpu"],
    });
  });

  it("has a place for each complaint", () => {
    const placed = placeComplaints([
      { field: "pools[0]", message: "is odd" },
      { field: "pools[1]", message: "is bad" },
      { field: "name", message: "is missing" },
    ]);
    expect(placed).toEqual({ pools: "is odd; is bad", name: "is missing" });
  });
});

describe("a token in the list", () => {
  it.each([
    ["good", "active"],
    ["expired", "expired"],
    ["revoked", "revoked"],
    ["odd", "odd"],
  ])("that is %s is shown as %s", (state, word) => {
    expect(stateWords(state).word).toBe(word);
  });

  it("says what it allows", () => {
    expect(allowsWords(TOKEN)).toBe("admin");
    const worker = { ...TOKEN, kind: "worker", role: null, worker: "build-*", pools: ["a", "b"] };
    expect(allowsWords(worker)).toBe("workers build-*; pools a, b");
  });

  it("says what a worker may do by it", () => {
    const worker = { ...TOKEN, kind: "worker", name: "b", worker: "build-*", pools: ["a"] };
    const all = { ...TOKEN, kind: "worker", name: "w", worker: "build-1" };
    const revoked = { ...all, state: "revoked" };
    expect(permitsOf("build-1", [TOKEN, worker, revoked, all])).toEqual([
      "pools a (token b)",
      "everything (token w)",
    ]);
    expect(permitsOf("other", [worker, all])).toEqual([]);
  });
});
