// What the timeline says of pauses, takeovers, messages, requests for help and budgets.
import type { EventRecord } from "../api/types";
import { capital, duration } from "../lib/format";
import { amount, budgetName } from "./budget";
import { flag, number, text } from "./data";
import type { Describe } from "./entry";
import { isHandBack } from "./handBack";

function actor(event: EventRecord): string {
  return text(event, "actor") ?? event.source;
}

const METHODS: Record<string, string> = {
  checkpoint: "its agent waits before its next step",
  stage: "the next stage is not begun",
  cgroup: "its agent is frozen",
  signal: "every process of its agent is stopped",
};

/** By what means a run stands still, in words. */
export function methodWords(method: string | null | undefined): string {
  return METHODS[method ?? ""] ?? "it stands still";
}

const CAUSES: Record<string, string> = {
  operator: "by an operator",
  takeover: "for an operator who takes it over",
  scope: "with its worker, pool or fleet",
  budget: "since a budget is used up",
  policy: "by its own rules",
};

function pausedWords(event: EventRecord): string {
  const frozen = text(event, "kind") === "frozen" ? "cgroup" : "checkpoint";
  const cause = CAUSES[text(event, "cause") ?? ""];
  const parts = ["Paused", cause === undefined ? "" : ` ${cause}`, ": "];
  const late = flag(event, "escalated") ? "no tool call came in time, so " : "";
  return parts.join("") + late + methodWords(text(event, "method") ?? frozen);
}

const RESUMES: Record<string, string> = {
  operator: "Goes on",
  timer: "Goes on by itself: the time of the pause is over",
  hand_back: "Goes on: it was handed back",
  scope: "Goes on: the pause of its worker, pool or fleet is over",
  budget: "Goes on: the budget was raised",
  cancel: "Let go, to be cancelled",
};

const TAKEOVER_ENDS: Record<string, string> = {
  handed_back: "Handed back to its agent",
  expired: "The takeover is over: nobody handed the run back in time. It stays held",
  run_ended: "The takeover ended with its attempt",
};

const HELP_ENDS: Record<string, string> = {
  answered: "Answered",
  withdrawn: "A person is needed no more",
  timed_out: "Nobody answered in time",
  run_ended: "Not answered: the attempt ended",
};

function handedBack(event: EventRecord): string {
  const files = number(event, "files") ?? 0;
  const typed = number(event, "commands") ?? 0;
  const of = (count: number, noun: string) => `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
  return `${of(files, "file")} changed, ${of(typed, "command")} typed`;
}

function budgetWords(event: EventRecord): string {
  const name = text(event, "budget") ?? "";
  const [used, limit] = [number(event, "used") ?? 0, number(event, "limit") ?? 0];
  return `${capital(budgetName(name))}: ${amount(name, used)} of ${amount(name, limit)} used`;
}

export const CONTROL_WORDS: Record<string, Describe> = {
  pause_requested: (event) => ({
    tone: "warn",
    title: `${actor(event)} pauses it ${text(event, "mode") === "hard" ? "at once" : "at its next tool call"}`,
    body: text(event, "note"),
  }),
  resume_requested: (event) => ({
    title: `${actor(event)} lets it go on`,
    body: text(event, "note"),
  }),
  takeover_requested: (event) => ({
    tone: "warn",
    title: `${actor(event)} takes it over`,
    body: text(event, "note"),
  }),
  hand_back_requested: (event) => ({
    title: `${actor(event)} hands it back`,
    body: text(event, "summary"),
  }),
  message_sent: (event) => ({
    title:
      text(event, "kind") === "queued"
        ? `${actor(event)}, for the end of the turn:`
        : `${actor(event)} to the agent:`,
    body: text(event, "text"),
  }),
  message_cancel_requested: (event) => ({
    tone: "quiet",
    title: `${actor(event)} takes a message back`,
  }),
  help_answered: (event) => ({
    title: `${actor(event)} answers:`,
    code: text(event, "answer"),
    body: text(event, "note"),
  }),
  budget_raise_requested: (event) => {
    const name = text(event, "budget") ?? "";
    const limit = amount(name, number(event, "limit") ?? 0);
    return {
      title: `${actor(event)} raises the budget of ${budgetName(name)} to ${limit}`,
      body: text(event, "note"),
    };
  },
  control_delivered: (event) => {
    const refused = text(event, "refused");
    if (refused === null) return { tone: "quiet", title: "Its worker has heard of it" };
    return { tone: "warn", title: "Its worker refuses:", body: refused };
  },
  paused: (event) => ({
    tone: "warn",
    title: pausedWords(event),
    code: text(event, "before"),
  }),
  resumed: (event) => {
    const stood = number(event, "pausedMs");
    const words = RESUMES[text(event, "cause") ?? ""] ?? "Resumed";
    return { title: stood === null ? words : `${words}, after`, durationMs: stood };
  },
  takeover_began: (event) => ({
    tone: "warn",
    title: `${text(event, "by") ?? "An operator"} has the run's place for at most ${duration((number(event, "expiresInSeconds") ?? 0) * 1_000)}`,
  }),
  takeover_ended: (event) => ({
    title: TAKEOVER_ENDS[text(event, "end") ?? ""] ?? "The takeover is over",
    code: text(event, "end") === "handed_back" ? handedBack(event) : null,
    body: text(event, "summary"),
  }),
  message_delivered: (event) => ({
    tone: "quiet",
    title: isHandBack(event)
      ? "The agent was told what was done in its place, by its hook"
      : "The agent was handed a message, by its hook",
    code: text(event, "via"),
  }),
  message_seen: (event) => ({
    tone: "quiet",
    title: isHandBack(event)
      ? "The model has read what was done in its place"
      : "The model has read the message",
  }),
  message_dropped: (event) => ({
    tone: "warn",
    title: isHandBack(event)
      ? "The agent was not told what was done in its place:"
      : "A message did not reach the agent:",
    body: text(event, "reason"),
  }),
  operator_needed: (event) => ({
    tone: "warn",
    title: flag(event, "blocking") ? "Waits for a person:" : "A person is needed:",
    body: text(event, "question"),
    detail: text(event, "detail"),
  }),
  operator_not_needed: (event) => ({
    tone: "quiet",
    title: HELP_ENDS[text(event, "end") ?? ""] ?? "A person is needed no more",
  }),
  budget_reached: (event) => ({ tone: "warn", title: budgetWords(event) }),
  budget_raised: (event) => ({ title: `Raised. ${budgetWords(event)}` }),
};
