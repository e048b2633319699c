// For tests: the golden examples of the wire's messages, as the records that the API makes of them.
import type { EventRecord } from "../api/types";

interface Message {
  run: string;
  attempt?: number;
  /** Of a command. */
  id?: string;
  actor?: string;
  at?: string;
  command?: Record<string, unknown> & { action: string };
  events?: (Record<string, unknown> & { seq: number; at: string; type: string })[];
}

const EXAMPLES = import.meta.glob<Message>("../../../crates/wire/golden/*.json", {
  eager: true,
  import: "default",
});

/** What commands are on record as. */
const KINDS: Record<string, string> = {
  pause: "pause_requested",
  resume: "resume_requested",
  takeover: "takeover_requested",
  hand_back: "hand_back_requested",
  send_message: "message_sent",
  cancel_message: "message_cancel_requested",
  answer_help: "help_answered",
  raise_budget: "budget_raise_requested",
  enable_session: "session_requested",
  revoke_session: "session_revoke_requested",
  reseal_session: "session_resealed",
  cancel: "cancel_requested",
  redrive: "redriven",
  release_lease: "release_requested",
};

/** The names of the examples of commands and events. */
export function goldenNames(): string[] {
  return Object.keys(EXAMPLES)
    .map((path) => path.replace(/^.*\//, "").replace(/\.json$/, ""))
    .filter((name) => /^(event|control)-/.test(name));
}

/** The record of an example, at a place in the order. */
export function golden(name: string, more: Partial<EventRecord> = {}): EventRecord {
  const message = EXAMPLES[`../../../crates/wire/golden/${name}.json`];
  if (message === undefined) throw new Error(`there is no golden example ${name}`);
  const record = { position: 11, index: 0, runId: message.run, effective: null, refusal: null };
  if (message.command !== undefined) {
    const { action, ...fields } = message.command;
    return {
      ...record,
      attempt: null,
      seq: null,
      source: message.actor ?? "",
      type: KINDS[action] ?? action,
      at: message.at ?? "",
      data: { id: message.id, ...fields },
      ...more,
    };
  }
  const event = message.events?.[0];
  if (event === undefined) throw new Error(`the golden example ${name} holds no event`);
  const { seq, at, type, ...data } = event;
  return {
    ...record,
    attempt: message.attempt ?? null,
    seq,
    source: "w-1",
    type,
    at,
    data,
    ...more,
  };
}
