// How a run's live session stands, in words. Pure: the present is handed in.
import type { ControlRecord, LiveSession, TerminalGate } from "../api/types";
import { duration, sentence } from "../lib/format";
import type { Tone } from "./entry";

export interface SessionWords {
  tone: Tone;
  title: string;
  /** What it means, and what to do. */
  hint: string;
}

const NEVER: SessionWords = {
  tone: "quiet",
  title: "Nobody can watch",
  hint: "Open it to see the agent's terminal as it works. Watching changes nothing about the run.",
};

/** Heartbeats come every 60 s; one that is this old is late. */
const LATE_MS = 150_000;

const WAITS: SessionWords = {
  tone: "plain",
  title: "Waits for the run to start",
  hint: "The terminal opens as soon as a worker has taken the run.",
};

/** How the session stands. */
export function sessionWords(session: LiveSession | null, held: boolean): SessionWords {
  switch (session?.status ?? "disabled") {
    case "starting":
      if (!held) return WAITS;
      return { tone: "plain", title: "Opening", hint: "The worker sets the terminal up." };
    case "ready":
      return ready(session);
    case "revoked":
      return {
        tone: "warn",
        title: session?.endCode === "expired" ? "Its time is over" : "Revoked",
        hint: "Nobody can watch or type any more; the run goes on. Open it again to watch on.",
      };
    case "ended":
      return { tone: "quiet", title: "Ended with its run", hint: "What was shown is recorded." };
    case "error":
      return {
        tone: "bad",
        title: "Cannot be watched",
        hint: `${sentence(session?.errorMessage ?? "Its worker did not say why")} The run goes on without it. Open it again to try once more.`,
      };
    default:
      return NEVER;
  }
}

function ready(session: LiveSession | null): SessionWords {
  if (session?.health === "stale" || session?.health === "failed") {
    const why = session.healthReason ?? "it does not answer";
    return {
      tone: "warn",
      title: "Live here; the relay is lost",
      hint: `The tmate links may be dead: ${why}. Watching here works on.`,
    };
  }
  return { tone: "good", title: "Live", hint: "" };
}

/** By whom and since when it is known that the session lives. */
export function evidence(session: LiveSession, now: number): { text: string; late: boolean } {
  const where = [session.workerId, session.workerHostname].filter((word) => word != null);
  const host = where.length === 2 ? `${String(where[0])} (${String(where[1])})` : (where[0] ?? "");
  const place = host === "" ? "" : `on worker ${host}`;
  const beat = session.lastHeartbeatAt ?? session.readyAt;
  if (beat == null) return { text: place, late: false };
  const age = Math.max(0, now - Date.parse(beat));
  const heard = `its worker said so ${duration(age)} ago`;
  return { text: place === "" ? heard : `${place}, ${heard}`, late: age > LATE_MS };
}

/** Whether anybody can be asked to open it: a run that is over shows its recording. */
export function canOpen(session: LiveSession | null, over: boolean): boolean {
  return !over && session?.status !== "ready" && session?.status !== "starting";
}

/** Why somebody may not type any more, in a sentence to that one. */
export function demotion(gate: TerminalGate): string {
  const { writer, ended } = gate;
  if (writer != null) return `${writer.holder} took over: ${writer.reason || "no reason given"}.`;
  switch (ended) {
    case "expired":
      return "Your time to type is over.";
    case "revoked":
      return "Your right to type was taken away.";
    case "released":
      return "You gave the terminal back.";
    case "ended":
      return "The session ended, and the right to type with it.";
    default:
      return "You may not type any more.";
  }
}

/** `4:09`, `1:02:00`: time that runs down. */
export function countdown(ms: number): string {
  const all = Math.ceil(ms / 1_000);
  const [hours, minutes, seconds] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60, all % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${String(hours)}:${two(minutes)}:${two(seconds)}`
    : `${String(minutes)}:${two(seconds)}`;
}

/** So little time left is worth a colour. */
export const SOON_MS = 60_000;

const ACTIONS: Record<string, string> = {
  cancel_requested: "asked to cancel the run",
  redriven: "had the run tried again",
  release_requested: "took the run away from its worker",
  session_requested: "opened the terminal to watchers",
  session_revoke_requested: "ended the session",
  session_resealed: "sealed the session's secrets anew",
  session_starting: "began to open the terminal",
  session_ready: "opened the terminal",
  session_links_changed: "has new links",
  session_health: "said how well the relay works",
  session_ended: "ended the session with the run",
  session_failed: "could not open the terminal",
  session_revoked: "closed the terminal to watchers",
  pause_requested: "paused the run",
  resume_requested: "let the run go on",
  takeover_requested: "took the run over",
  hand_back_requested: "handed the run back",
  message_sent: "told the agent something",
  message_cancel_requested: "took a message back",
  help_answered: "answered a request for help",
  budget_raise_requested: "raised a budget",
  control_delivered: "heard of a wish",
  paused: "held the run",
  resumed: "let the run go on",
  takeover_began: "let an operator take the run's place",
  takeover_ended: "said that a takeover is over",
  message_delivered: "handed the agent a message",
  message_seen: "said that the model read a message",
  message_dropped: "could not hand over a message",
  operator_needed: "asked for a person",
  operator_not_needed: "needs a person no more",
  budget_reached: "used up a budget",
  budget_raised: "has more of a budget",
  write_granted: "got the right to type",
  write_renewed: "got more time to type",
  write_released: "gave back the right to type",
  write_revoked: "took away the right to type",
  write_gate: "confirmed who may type",
  write_ended: "said that a right to type is over",
};

/** An action of the record, as what its actor did. */
export function actionWords(record: ControlRecord): string {
  return ACTIONS[record.action] ?? record.action.replaceAll("_", " ");
}

/** A message is named by its id where it is not written out. */
const IS_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is worth reading of an action's data: words for people, first the reason. */
export function actionDetail(record: ControlRecord): string {
  const data = isRecord(record.metadata) ? record.metadata : {};
  const parts = ["reason", "note", "message", "text", "question", "answer", "summary", "refused"]
    .concat(["holder", "cause", "provider", "terminal"])
    .map((name) => data[name])
    .filter((value): value is string => typeof value === "string" && value !== "")
    .filter((value) => !IS_ID.test(value));
  const refused = record.effective ? [] : [`changed nothing: ${record.refusal ?? "refused"}`];
  return [...parts, ...refused].join(" · ");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
