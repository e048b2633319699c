// One event in words: a table from its type to what the timeline shows of it.
import type { EventRecord } from "../api/types";
import { isWebAddress } from "../lib/format";
import { CONTROL_WORDS } from "./controlEntry";
import { flag, number, text, texts } from "./data";
import { SESSION_WORDS } from "./sessionEntry";

/** How an entry is to be taken. */
export type Tone = "plain" | "good" | "bad" | "warn" | "quiet";

export interface Link {
  url: string;
  label: string;
}

export interface Entry {
  /** Stable while the entry grows. */
  key: string;
  at: string;
  kind: string;
  tone: Tone;
  title: string;
  /** Shown in a fixed-width font after the title: a command, a file, a commit. */
  code: string | null;
  /** Where to read on, elsewhere. */
  link: Link | null;
  /** Running text: what the agent said. */
  body: string | null;
  /** Long output behind a fold. */
  detail: string | null;
  durationMs: number | null;
  /** The stage, or the agent's id of the step, that a later event ends. */
  step: string | null;
  /** A command or stage that has not ended. */
  open: boolean;
  /** A command or stage whose attempt ended before it did. */
  cut: boolean;
  /** Why it changed nothing; null if it counts. */
  refused: string | null;
}

/** An entry that says no more than what kind of event it is. */
export function blank(event: EventRecord): Entry {
  return {
    key: `${String(event.position)}-${String(event.index)}`,
    at: event.at,
    kind: event.type,
    tone: "plain",
    title: event.type.replaceAll("_", " "),
    code: null,
    link: null,
    body: null,
    detail: null,
    durationMs: null,
    step: null,
    open: false,
    cut: false,
    refused: null,
  };
}

export type Describe = (event: EventRecord) => Partial<Entry>;

/** Whether there are words for such an event. */
export function isKnown(type: string): boolean {
  return WORDS[type] !== undefined;
}

/** What is to be said of the event. */
export function describe(event: EventRecord): Partial<Entry> {
  const known = WORDS[event.type];
  return known === undefined ? unknown(event) : known(event);
}

/** An event of a later version: shown as it came. */
function unknown(event: EventRecord): Partial<Entry> {
  return { tone: "quiet", detail: JSON.stringify(event.data, null, 2) };
}

const STAGES: Record<string, string> = {
  prepare: "Prepare the workspace",
  execute: "Execute",
  publish: "Publish",
};

function stageName(event: EventRecord): string {
  const stage = text(event, "stage") ?? "a stage";
  return STAGES[stage] ?? stage;
}

function exitWords(event: EventRecord): string {
  const code = number(event, "exitCode");
  const signal = number(event, "signal");
  if (signal !== null) return `ended by signal ${String(signal)}`;
  return code === null ? "ended" : `exit ${String(code)}`;
}

function carriedWords(event: EventRecord): string | null {
  const attempt = number(event, "carriedFrom");
  return attempt === null ? null : `with the changes of attempt ${String(attempt)}`;
}

function startedHow(event: EventRecord): string | null {
  const facts = [
    text(event, "mode"),
    labelled("sandbox", text(event, "sandbox")),
    labelled("approvals", text(event, "approvals")),
  ].filter((word) => word !== null);
  return facts.length === 0 ? null : facts.join(", ");
}

function labelled(name: string, value: string | null): string | null {
  return value === null ? null : `${name} ${value}`;
}

function exitTone(event: EventRecord): Tone {
  return (number(event, "exitCode") ?? 0) === 0 && number(event, "signal") === null
    ? "plain"
    : "warn";
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

const CANCEL_STEPS: Record<string, string> = {
  asked: "Agent asked to stop",
  terminated: "Agent told to end",
  killed: "Agent killed: it did not end when told to",
  gone: "Agent is gone, with all its processes",
};

/** The address comes from a worker: only one that a browser may open as a page is a link. */
function pullRequestLink(event: EventRecord): Link | null {
  const url = text(event, "url");
  if (url === null || !isWebAddress(url)) return null;
  const place = number(event, "number");
  return { url, label: place === null ? url : `#${String(place)}` };
}

function leaseLost(event: EventRecord): Partial<Entry> {
  const reason = text(event, "reason");
  const worker = text(event, "worker") ?? "its worker";
  if (reason?.startsWith("released by ") === true) {
    return { tone: "warn", title: `Taken away from ${worker}`, body: reason };
  }
  return {
    tone: "bad",
    title: `Worker ${worker} was not heard of any more; its attempt is over`,
    body: reason,
  };
}

const WORDS: Record<string, Describe> = {
  submitted: (event) => ({ title: `Submitted by ${event.source}` }),
  offered: (event) => ({ title: `Offered again, attempt ${String(event.attempt ?? "?")}` }),
  lease_taken: (event) => ({ title: `Taken by ${text(event, "worker") ?? event.source}` }),
  lease_released: (event) => ({
    title: `Given back by ${text(event, "worker") ?? event.source}`,
    body: text(event, "reason"),
  }),
  lease_lost: leaseLost,
  cancel_requested: (event) => ({
    tone: "warn",
    title: `Cancel asked for by ${text(event, "actor") ?? event.source}`,
    body: text(event, "note"),
  }),
  redriven: (event) => ({
    title: `Tried again by ${text(event, "actor") ?? event.source}; its failures count from 0 again`,
    body: text(event, "note"),
  }),
  release_requested: (event) => ({
    tone: "warn",
    title: `${text(event, "actor") ?? event.source} takes it away from its worker`,
    body: text(event, "note"),
  }),
  stage_started: (event) => ({
    step: text(event, "stage"),
    title: stageName(event),
    open: true,
  }),
  stage_finished: (event) => ({
    title: stageName(event),
    durationMs: number(event, "durationMs"),
  }),
  checked_out: (event) => ({
    title: `Checked out ${text(event, "reference") ?? "the default branch"} at`,
    code: text(event, "commit")?.slice(0, 12) ?? null,
    body: carriedWords(event),
  }),
  agent_started: (event) => ({
    title: ["Started", text(event, "agent"), text(event, "model"), text(event, "effort")]
      .filter((word) => word !== null)
      .join(" "),
    code: startedHow(event),
  }),
  agent_exited: (event) => ({
    title: `Process: ${exitWords(event)}`,
    tone: exitTone(event),
    durationMs: number(event, "durationMs"),
  }),
  command_started: (event) => ({
    step: text(event, "stepId"),
    title: "",
    code: text(event, "command"),
    open: true,
  }),
  command_finished: (event) => ({
    title: exitWords(event),
    tone: exitTone(event),
    code: text(event, "command"),
    detail: text(event, "outputTail") || null,
    durationMs: number(event, "durationMs"),
  }),
  agent_message: (event) => ({ title: "", body: text(event, "text") }),
  files_changed: (event) => {
    const paths = texts(event, "paths");
    return {
      title: `Changed ${counted(paths.length, "file")}`,
      ...(paths.length <= 3 ? { code: paths.join("  ") } : { detail: paths.join("\n") }),
    };
  },
  usage: (event) => ({
    tone: "quiet",
    title: [
      `${(number(event, "inputTokens") ?? 0).toLocaleString("en")} tokens read`,
      `(${(number(event, "cachedInputTokens") ?? 0).toLocaleString("en")} cached),`,
      `${(number(event, "outputTokens") ?? 0).toLocaleString("en")} written`,
    ].join(" "),
  }),
  warning: (event) => ({ tone: "warn", title: "Warning", body: text(event, "message") }),
  output_truncated: () => ({
    tone: "quiet",
    title: "The log goes on in its file alone: it is too long to show live",
  }),
  patch_written: (event) => ({
    title: `Patch: ${counted(number(event, "files") ?? 0, "file")},`,
    code: `+${String(number(event, "insertions") ?? 0)} −${String(number(event, "deletions") ?? 0)}`,
  }),
  artifact_stored: (event) => ({ tone: "quiet", title: "Stored", code: text(event, "name") }),
  branch_pushed: (event) => ({
    tone: "good",
    title: "Pushed",
    code: `${text(event, "branch") ?? ""} ${text(event, "commit")?.slice(0, 12) ?? ""}`.trim(),
  }),
  publish_skipped: (event) => ({
    tone: "quiet",
    title: "Nothing published",
    body: text(event, "reason"),
  }),
  pull_request_opened: (event) => ({
    tone: "good",
    title: flag(event, "updated") ? "Pull request updated" : "Pull request opened",
    link: pullRequestLink(event),
  }),
  adopted: (event) => ({
    title: `Its worker was started again and goes on where it was`,
    code: text(event, "version"),
  }),
  agent_frozen: (event) => ({
    tone: "warn",
    title: "Agent held still by its worker",
    body: text(event, "reason"),
  }),
  agent_thawed: (event) => ({
    title: "Agent goes on after standing still for",
    durationMs: number(event, "frozenMs"),
  }),
  cancel_step: (event) => ({
    tone: "warn",
    title: CANCEL_STEPS[text(event, "step") ?? ""] ?? `Cancel: ${text(event, "step") ?? "a step"}`,
  }),
  ...CONTROL_WORDS,
  ...SESSION_WORDS,
  succeeded: (event) => ({ tone: "good", title: "Succeeded", body: text(event, "summary") }),
  failed: (event) => ({
    tone: "bad",
    title: "Failed:",
    code: text(event, "code"),
    body: text(event, "message"),
  }),
  cancelled: () => ({ title: "Cancelled" }),
};
