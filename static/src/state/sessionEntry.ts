// What the timeline says of live sessions, of the right to type, and of what was typed.
import type { EventRecord } from "../api/types";
import { duration } from "../lib/format";
import { number, text } from "./data";
import type { Describe } from "./entry";

function actor(event: EventRecord): string {
  return text(event, "actor") ?? event.source;
}

function holder(event: EventRecord): string {
  return text(event, "holder") ?? "somebody";
}

function time(event: EventRecord): string {
  const ms = number(event, "ttlMs");
  return ms === null ? "" : ` for ${duration(ms)}`;
}

const ENDS: Record<string, string> = {
  expired: "the time is over",
  released: "it was given back",
  revoked: "it was taken away",
  replaced: "somebody else took over",
  role_changed: "the role is another",
};

export const SESSION_WORDS: Record<string, Describe> = {
  session_requested: (event) => ({ title: `${actor(event)} opens its terminal to watchers` }),
  session_revoke_requested: (event) => ({
    title: `${actor(event)} ends the live session`,
    body: text(event, "note"),
  }),
  session_resealed: () => ({ tone: "quiet", title: "The session's secrets are sealed anew" }),
  session_starting: (event) => ({
    tone: "quiet",
    title: `Its terminal is being opened to watchers${text(event, "provider") === "tmate" ? ", by tmate as well" : ""}`,
  }),
  session_ready: (event) => ({
    title: "Its terminal can be watched",
    code: text(event, "attachRo"),
  }),
  session_links_changed: (event) => ({
    tone: "quiet",
    title: "It is watched at another address",
    code: text(event, "attachRo"),
  }),
  session_health: (event) => ({
    tone: text(event, "reason") === null ? "quiet" : "warn",
    title: `The relay of its session: ${text(event, "health") ?? "unknown"}`,
    body: text(event, "reason"),
  }),
  session_ended: () => ({ tone: "quiet", title: "Its live session ended with it" }),
  session_revoked: (event) => ({
    tone: "warn",
    title: "Its live session is over; the run goes on",
    body: text(event, "reason"),
  }),
  session_failed: (event) => ({
    tone: "warn",
    title: "Its terminal cannot be watched; the run goes on",
    body: text(event, "reason"),
  }),
  write_granted: (event) => ({
    title: `${actor(event)} may type${time(event)}`,
    body: text(event, "reason"),
  }),
  write_renewed: (event) => ({ title: `${actor(event)} may go on typing${time(event)}` }),
  write_released: (event) => ({ title: `${actor(event)} gives back the right to type` }),
  write_revoked: (event) => ({
    tone: "warn",
    title: `${actor(event)} takes away the right to type`,
    body: text(event, "note"),
  }),
  write_gate: (event) => ({
    tone: "quiet",
    title:
      text(event, "holder") === null
        ? "Its terminal lets nobody type"
        : `Its terminal lets ${holder(event)} type`,
  }),
  write_ended: (event) => {
    const why = ENDS[text(event, "cause") ?? ""];
    return {
      tone: "quiet",
      title: `${holder(event)} may type no more${why === undefined ? "" : `: ${why}`}`,
    };
  },
  input_typed: (event) => ({
    step: `${text(event, "grant") ?? ""} ${text(event, "terminal") ?? ""}`,
    title: `${holder(event)} types ${text(event, "terminal") === "shell" ? "in its shell" : "to its agent"}`,
  }),
};
