// What an agent has heard of a takeover that was handed back: its worker tells it, in a message that
// no operator wrote.
import type { EventRecord, HandBackInfo } from "../api/types";
import { text } from "./data";

/** Whether what is said of a message is said of one that hands a takeover back. */
export function isHandBack(event: EventRecord): boolean {
  return text(event, "takeover") !== null;
}

/** At the end of a takeover; null unless it was handed back. */
export function handedBack(event: EventRecord, by: string): HandBackInfo | null {
  const command = text(event, "command");
  if (text(event, "end") !== "handed_back" || command === null) return null;
  return {
    command,
    takeover: text(event, "takeover") ?? "",
    by,
    handedBackAt: event.at,
    state: "queued",
    deliveredAt: null,
    via: null,
    seenAt: null,
    endedAt: null,
    reason: null,
  };
}

/** After something that is said of its message. */
export function told(back: HandBackInfo, event: EventRecord): HandBackInfo {
  switch (event.type) {
    case "message_delivered": {
      const over = { endedAt: null, reason: null };
      const via = text(event, "via");
      return { ...back, ...over, state: "delivered", deliveredAt: event.at, via };
    }
    case "message_seen":
      return { ...back, state: "seen", seenAt: event.at };
    default:
      return neverTold(back, event.at, text(event, "reason") ?? "it was not handed over");
  }
}

/** Once nobody tells the agent any more. */
export function neverTold(back: HandBackInfo, at: string, reason: string): HandBackInfo {
  if (back.state !== "queued") return back;
  return { ...back, state: "undelivered", endedAt: at, reason };
}

/** Whether the agent knows what was done in its place, in a sentence. */
export function handBackWords(back: HandBackInfo): string {
  switch (back.state) {
    case "queued":
      return "The agent is not told yet what was done.";
    case "delivered":
      return "The agent was told what was done.";
    case "seen":
      return "The model has read what was done.";
    default:
      return `The agent was not told what was done${back.reason == null ? "" : `: ${back.reason}`}.`;
  }
}
