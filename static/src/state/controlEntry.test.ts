import { describe, expect, it } from "vitest";

import { describe as words } from "./entry";
import { golden } from "./golden";

describe("control in the timeline", () => {
  it.each([
    ["control-pause", "anna pauses it at its next tool call", "wait for the review"],
    ["control-pause-hard", "anna pauses it at once", null],
    ["control-resume", "anna lets it go on", "reviewed"],
    ["control-takeover", "anna takes it over", "the tests need my key"],
    ["control-send-message", "anna to the agent:", "leave the public names as they are"],
    ["control-raise-budget", "anna raises the budget of tokens to 4,000,000", "nearly done"],
    ["event-control-refused", "Its worker refuses:", "the run is not held"],
    ["event-takeover-began", "anna has the run's place for at most 1 h", undefined],
    ["event-budget-reached", "Tokens: 2,000,512 of 2,000,000 used", undefined],
    ["event-operator-needed", "Waits for a person:", "may the agent run this command?"],
    ["event-operator-not-needed", "Answered", undefined],
    ["event-message-dropped", "A message did not reach the agent:", "anna took it back"],
    ["event-message-seen", "The model has read the message", undefined],
    ["event-message-seen-hand-back", "The model has read what was done in its place", undefined],
  ])("%s: %s", (name, title, body) => {
    const entry = words(golden(name));
    expect(entry.title).toBe(title);
    expect(entry.body).toBe(body);
  });

  it("says by what means it stands still, and why it goes on", () => {
    expect(words(golden("event-paused-checkpoint"))).toMatchObject({
      title: "Paused by an operator: its agent waits before its next step",
      code: "exec_command",
    });
    expect(words(golden("event-paused-escalated")).title).toBe(
      "Paused by an operator: no tool call came in time, so its agent is frozen",
    );
    expect(words(golden("event-paused")).title).toBe(
      "Paused: its agent waits before its next step",
    );
    expect(words(golden("event-resumed-by"))).toEqual({
      title: "Goes on, after",
      durationMs: 61_500,
    });
  });

  it("tells what was done in a takeover", () => {
    expect(words(golden("event-takeover-ended"))).toMatchObject({
      title: "Handed back to its agent",
      code: "2 files changed, 4 commands typed",
      body: "pinned the driver to 1.4 and made the tests pass",
    });
  });

  it("tells how an agent was started", () => {
    expect(words(golden("event-agent-started-capable")).code).toBe(
      "interactive, sandbox workspace-write, approvals on-request",
    );
    expect(words(golden("event-agent-started")).code).toBeNull();
  });
});
