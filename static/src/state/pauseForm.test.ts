import { describe, expect, it } from "vitest";

import { pauseOf, quickPause, SOFT, takeoverOf } from "./pauseForm";

describe("the form of a pause", () => {
  it("leaves out what the server decides", () => {
    expect(pauseOf(SOFT)).toEqual({ action: "pause", mode: "soft" });
    expect(quickPause(true)).toEqual({ action: "pause", mode: "soft" });
    expect(quickPause(false)).toEqual({ action: "pause", mode: "hard" });
  });

  it("says how, for how long and why", () => {
    const form = { ...SOFT, deadlineSeconds: 60, resumeAfterSeconds: 900, note: " review " };
    const said = { action: "pause", resumeAfterSeconds: 900, note: "review" };
    expect(pauseOf(form)).toEqual({ ...said, mode: "soft", deadlineSeconds: 60 });
    // By force waits for nothing.
    expect(pauseOf({ ...form, mode: "hard" })).toEqual({ ...said, mode: "hard" });
  });
});

it("a takeover has an end", () => {
  expect(takeoverOf({ expiresAfterSeconds: 900, note: "" })).toEqual({
    action: "takeover",
    expiresAfterSeconds: 900,
  });
});
