// Messages of operators to a run's agent, and how far each has come: the server's list with what
// the run's events say besides.
import type { EventRecord, OperatorMessage } from "../api/types";
import { text } from "./data";

/** The most characters of a message. */
export const LONGEST = 20_000;

export type Kind = "steering" | "queued";

/** The messages after events, oldest first. Every event may be known already. */
export function foldMessages(
  base: readonly OperatorMessage[],
  events: readonly EventRecord[],
): OperatorMessage[] {
  const known = new Map(base.map((message) => [message.id, message]));
  for (const event of events) {
    if (event.effective === false) continue;
    const next = step(known, event);
    if (next !== null) known.set(next.id, next);
  }
  return [...known.values()].sort((a, b) => order(a, b));
}

function order(a: OperatorMessage, b: OperatorMessage): number {
  return Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.id.localeCompare(b.id);
}

function step(
  known: ReadonlyMap<string, OperatorMessage>,
  event: EventRecord,
): OperatorMessage | null {
  if (event.type === "message_sent") return sent(known, event);
  const message = known.get(text(event, "message") ?? "");
  if (message === undefined) return null;
  switch (event.type) {
    case "message_delivered":
      return handed(message, event);
    case "message_seen":
      return message.seenAt == null ? { ...message, state: "seen", seenAt: event.at } : null;
    case "message_dropped":
      return dropped(message, event);
    default:
      return null;
  }
}

function sent(
  known: ReadonlyMap<string, OperatorMessage>,
  event: EventRecord,
): OperatorMessage | null {
  const id = text(event, "id");
  if (id === null || known.has(id)) return null;
  return {
    id,
    taskRunId: event.runId,
    actor: event.source,
    kind: text(event, "kind") ?? "steering",
    message: text(event, "text") ?? "",
    state: "queued",
    createdAt: event.at,
    deliveredAt: null,
    via: null,
    seenAt: null,
    endedAt: null,
    reason: null,
    attempt: null,
  };
}

/** The first agent that is handed it counts, unless that one's attempt ended before it read it. */
function handed(message: OperatorMessage, event: EventRecord): OperatorMessage | null {
  if (message.state !== "queued") return null;
  const via = text(event, "via");
  return {
    ...message,
    state: "delivered",
    deliveredAt: event.at,
    via,
    attempt: event.attempt ?? null,
  };
}

function dropped(message: OperatorMessage, event: EventRecord): OperatorMessage | null {
  if (message.state !== "queued") return null;
  const state = text(event, "command") === null ? "undelivered" : "cancelled";
  return { ...message, state, endedAt: event.at, reason: text(event, "reason") };
}

/** Whether it can still be taken back. */
export function canTakeBack(message: OperatorMessage): boolean {
  return message.state === "queued";
}

/** How far it has come, in words. */
export function messageWords(message: OperatorMessage, over: boolean): string {
  switch (message.state) {
    case "queued":
      if (over) return "not delivered: the run is over";
      return message.kind === "queued"
        ? "waits for the end of the agent's turn"
        : "waits for the agent's next tool call";
    case "delivered":
      return "handed to the agent";
    case "seen":
      return "read by the model";
    case "cancelled":
      return "taken back";
    default:
      return message.reason ?? "not delivered";
  }
}

/** What is wrong with a text; null if it can be sent. */
export function complaint(words: string): string | null {
  if (words.trim() === "") return "write something first";
  const over = length(words) - LONGEST;
  return over > 0 ? `${over.toLocaleString("en")} characters too long` : null;
}

/** In characters as the server counts them. */
export function length(words: string): number {
  return [...words].length;
}
