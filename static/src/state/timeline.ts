// What an operator reads of a run: its events grouped by attempt, a command's start and end made
// one entry, and everything that came too late marked as such.
import type { EventRecord } from "../api/types";
import { number, text, texts } from "./data";

/** How an entry is to be taken. */
export type Tone = "plain" | "good" | "bad" | "warn" | "quiet";

export interface Entry {
  /** Stable while the entry grows. */
  key: string;
  at: string;
  kind: string;
  tone: Tone;
  title: string;
  /** Shown in a fixed-width font after the title: a command, a file, a commit. */
  code: string | null;
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

export interface AttemptGroup {
  /** 0 for what was said before any attempt. */
  attempt: number;
  worker: string | null;
  takenAt: string | null;
  endedAt: string | null;
  outcome: string | null;
  tone: Tone;
  entries: Entry[];
}

const REASONS: Record<string, string> = {
  duplicate: "said before",
  other_attempt: "late: its attempt was over",
  not_holder: "its sender did not hold the lease",
  wrong_state: "the run was in a state that has no such step",
};

/** Why an event changed nothing, in words; null if it counts or is not settled. */
export function refusalOf(event: EventRecord): string | null {
  if (event.effective !== false) return null;
  return REASONS[event.refusal ?? ""] ?? event.refusal ?? "it changed nothing";
}

/** Events (in order) as the timeline shows them. */
export function timeline(events: readonly EventRecord[]): AttemptGroup[] {
  const groups = new Map<number, AttemptGroup>();
  let current = 0;
  for (const event of events) {
    const attempt = event.attempt ?? current;
    if (event.effective !== false) current = Math.max(current, attempt);
    let group = groups.get(attempt);
    if (group === undefined) {
      group = newGroup(attempt);
      groups.set(attempt, group);
    }
    addEvent(group, event);
  }
  for (const group of groups.values()) settle(group);
  return [...groups.values()].sort((a, b) => a.attempt - b.attempt);
}

function newGroup(attempt: number): AttemptGroup {
  return {
    attempt,
    worker: null,
    takenAt: null,
    endedAt: null,
    outcome: null,
    tone: "plain",
    entries: [],
  };
}

/** Whatever is still open when its attempt ends will never be heard of again. */
function settle(group: AttemptGroup): void {
  if (group.endedAt === null) return;
  for (const entry of group.entries) {
    entry.cut = entry.open;
    entry.open = false;
  }
}

function addEvent(group: AttemptGroup, event: EventRecord): void {
  const refused = refusalOf(event);
  if (event.type === "output") {
    if (refused !== null) addLateOutput(group, event, refused);
    return;
  }
  if (refused === null && closeOpen(group, event)) return;
  const entry = { ...blank(event), ...describe(event), refused };
  group.entries.push(entry);
  if (refused === null) note(group, event);
}

/** Late output is a crowd: one entry stands for all of it. */
function addLateOutput(group: AttemptGroup, event: EventRecord, refused: string): void {
  const key = `late-output-${String(event.attempt ?? 0)}`;
  if (group.entries.some((entry) => entry.key === key)) return;
  group.entries.push({ ...blank(event), key, title: "More of the log", refused });
}

/** Makes the end of a command or stage part of the entry that its start made. */
function closeOpen(group: AttemptGroup, event: EventRecord): boolean {
  const starts = { command_finished: "command_started", stage_finished: "stage_started" };
  const start = starts[event.type as keyof typeof starts];
  if (start === undefined) return false;
  const mark = event.type === "stage_finished" ? text(event, "stage") : text(event, "stepId");
  const entry = group.entries.findLast(
    (each) => each.open && each.refused === null && each.kind === start && each.step === mark,
  );
  if (entry === undefined) return false;
  const { key, at, kind, step } = entry;
  // What it is stays, so that an opened fold stays open.
  Object.assign(entry, blank(event), describe(event), { key, at, kind, step });
  return true;
}

function note(group: AttemptGroup, event: EventRecord): void {
  const outcome = OUTCOMES[event.type];
  if (event.type === "lease_taken") {
    group.worker = text(event, "worker") ?? event.source;
    group.takenAt = event.at;
  } else if (outcome !== undefined) {
    group.endedAt = event.at;
    [group.outcome, group.tone] = outcome;
  }
}

const OUTCOMES: Record<string, [string, Tone]> = {
  succeeded: ["succeeded", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "quiet"],
  lease_lost: ["worker lost", "bad"],
  lease_released: ["given back", "quiet"],
};

function blank(event: EventRecord): Entry {
  return {
    key: `${String(event.position)}-${String(event.index)}`,
    at: event.at,
    kind: event.type,
    tone: "plain",
    title: event.type.replaceAll("_", " "),
    code: null,
    body: null,
    detail: null,
    durationMs: null,
    step: null,
    open: false,
    cut: false,
    refused: null,
  };
}

type Describe = (event: EventRecord) => Partial<Entry>;

function describe(event: EventRecord): Partial<Entry> {
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

function exitTone(event: EventRecord): Tone {
  return (number(event, "exitCode") ?? 0) === 0 && number(event, "signal") === null
    ? "plain"
    : "warn";
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

const WORDS: Record<string, Describe> = {
  submitted: (event) => ({ title: `Submitted by ${event.source}` }),
  offered: (event) => ({ title: `Offered again, attempt ${String(event.attempt ?? "?")}` }),
  lease_taken: (event) => ({ title: `Taken by ${text(event, "worker") ?? event.source}` }),
  lease_released: (event) => ({
    title: `Given back by ${text(event, "worker") ?? event.source}`,
    body: text(event, "reason"),
  }),
  lease_lost: (event) => ({
    tone: "bad",
    title: `Worker ${text(event, "worker") ?? ""} was not heard of any more; its attempt is over`,
    body: text(event, "reason"),
  }),
  cancel_requested: (event) => ({
    tone: "warn",
    title: `Cancel asked for by ${text(event, "actor") ?? event.source}`,
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
  }),
  agent_started: (event) => ({
    title: ["Started", text(event, "agent"), text(event, "model"), text(event, "effort")]
      .filter((word) => word !== null)
      .join(" "),
  }),
  agent_exited: (event) => ({
    title: `Agent ${exitWords(event)}`,
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
  paused: (event) => ({
    tone: "warn",
    title: text(event, "kind") === "frozen" ? "Paused: frozen" : "Paused at a checkpoint",
  }),
  resumed: () => ({ title: "Resumed" }),
  succeeded: (event) => ({ tone: "good", title: "Succeeded", body: text(event, "summary") }),
  failed: (event) => ({
    tone: "bad",
    title: "Failed:",
    code: text(event, "code"),
    body: text(event, "message"),
  }),
  cancelled: () => ({ title: "Cancelled" }),
};
