import { describe, expect, it } from "vitest";

import { golden } from "./golden";
import { canTakeBack, complaint, foldMessages, length, LONGEST, messageWords } from "./messages";

const sent = golden("control-send-message");
const handed = golden("event-message-delivered", { position: 12 });
const seen = golden("event-message-seen", { position: 13 });
const dropped = golden("event-message-dropped", { position: 13 });

describe("messages to an agent", () => {
  it("are on the page from the command on, each with how far it has come", () => {
    const [message] = foldMessages([], [sent]);
    expect(message).toMatchObject({
      id: "019a2b3c-5000-7000-8000-000000000025",
      actor: "anna",
      kind: "steering",
      message: "leave the public names as they are",
      state: "queued",
    });
    expect(foldMessages([], [sent, handed])[0]).toMatchObject({
      state: "delivered",
      via: "PreToolUse",
      attempt: 1,
    });
    expect(foldMessages([], [sent, handed, seen])[0]).toMatchObject({ state: "seen" });
  });

  it("come once, whatever is told twice, and never go back", () => {
    const base = foldMessages([], [sent, handed, seen]);
    expect(foldMessages(base, [sent, handed, seen])).toEqual(base);
    expect(foldMessages(base, [sent, dropped])).toEqual(base);
    expect(foldMessages([], [{ ...sent, effective: false }])).toEqual([]);
  });

  it("are taken back by a command, and undelivered without one", () => {
    expect(foldMessages([], [sent, dropped])[0]).toMatchObject({
      state: "cancelled",
      reason: "anna took it back",
    });
    const lost = { ...dropped, data: { message: base().id, reason: "the run ended" } };
    const [message] = foldMessages([], [sent, lost]);
    expect(message?.state).toBe("undelivered");
    expect(messageWords({ ...base(), ...message }, true)).toBe("the run ended");
  });

  it("stand in the order that they were sent", () => {
    const later = golden("control-send-message", {
      at: "2026-11-21T11:00:00Z",
      data: { id: "a", kind: "queued", text: "and the tests" },
    });
    expect(foldMessages([], [later, sent]).map(({ kind }) => kind)).toEqual(["steering", "queued"]);
  });

  function base() {
    const [message] = foldMessages([], [sent]);
    if (message === undefined) throw new Error("no message");
    return message;
  }

  it.each([
    [{}, false, "waits for the agent's next tool call"],
    [{ kind: "queued" }, false, "waits for the end of the agent's turn"],
    [{}, true, "not delivered: the run is over"],
    [{ state: "delivered" }, false, "handed to the agent"],
    [{ state: "seen" }, true, "read by the model"],
    [{ state: "cancelled" }, false, "taken back"],
  ])("%j, over %s: %s", (more, over, words) => {
    expect(messageWords({ ...base(), ...more }, over)).toBe(words);
  });

  it("can be taken back until they are handed over", () => {
    expect(canTakeBack(base())).toBe(true);
    expect(canTakeBack({ ...base(), state: "delivered" })).toBe(false);
  });

  it("are bounded, in characters", () => {
    expect(complaint(" ")).toBe("write something first");
    expect(complaint("mind the tests")).toBeNull();
    expect(length("ü👍")).toBe(2);
    expect(complaint("👍".repeat(LONGEST))).toBeNull();
    expect(complaint("x".repeat(LONGEST + 1_500))).toBe("1,500 characters too long");
  });
});
