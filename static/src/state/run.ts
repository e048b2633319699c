// The life of a run, folded from its events as the server folds it, so that the page can show a
// change before the recorder has written it. The server's word replaces ours when it comes.
import type { EventRecord, TaskRun } from "../api/types";
import { begun, cancelled, controlOf, letGo, told, wished } from "./control";
import { flag, number, text } from "./data";
import { retryDelay } from "./retry";

export type StateName =
  | "queued"
  | "running"
  | "paused"
  | "retry_scheduled"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "dead_lettered";

export const STATES: readonly StateName[] = [
  "queued",
  "running",
  "paused",
  "retry_scheduled",
  "succeeded",
  "failed",
  "cancelled",
  "dead_lettered",
];

export type Refusal = "duplicate" | "other_attempt" | "not_holder" | "wrong_state";

/** The one name under which supervisors speak. It holds nothing. */
const SUPERVISOR = "supervisor";

const TERMINAL: ReadonlySet<string> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "dead_lettered",
]);

/** Whether nothing can follow. */
export function isTerminal(state: string): boolean {
  return TERMINAL.has(state);
}

/** A run with what the fold has to remember besides. */
export interface Folded {
  run: TaskRun;
  /** The last thing that the holder said under its lease. */
  lastSeq: number | null;
}

/** The run as the server told it. */
export function fromServer(run: TaskRun): Folded {
  return { run, lastSeq: null };
}

/** The run after events that the server's answer did not know. They come in order of place. */
export function foldRun(base: TaskRun, events: readonly EventRecord[]): TaskRun {
  let folded = fromServer(base);
  for (const event of events) {
    if (event.position <= base.position || event.effective === false) continue;
    const next = applyEvent(folded, event);
    if (typeof next !== "string") folded = next;
  }
  return folded.run;
}

/** The run after one event, or why the event changes nothing. */
export function applyEvent(folded: Folded, event: EventRecord): Folded | Refusal {
  if (event.position < folded.run.position) return "duplicate";
  if (event.position === folded.run.position && event.seq == null) return "duplicate";
  const next = step(folded, event);
  if (typeof next === "string") return next;
  return { ...next, run: { ...next.run, position: event.position } };
}

function step(folded: Folded, event: EventRecord): Folded | Refusal {
  const { run } = folded;
  switch (event.type) {
    case "submitted":
    case "offered":
      return offered(run, event);
    case "lease_taken":
      return taken(run, event);
    case "lease_released":
      return holder(run, event, true) ?? ended(released(run, event), event);
    case "lease_lost":
      return holder(run, event, false) ?? takenAway(run, event);
    case "cancel_requested":
      return cancel(folded, event);
    case "redriven":
      return redriven(run, event);
    case "release_requested":
      return releaseWished(folded, event);
    default:
      return commanded(folded, event) ?? reported(folded, event);
  }
}

/** A wish about how the run is held, or to its agent; null if the event is none. */
function commanded(folded: Folded, event: EventRecord): Folded | Refusal | null {
  const { run } = folded;
  const control = wished(controlOf(run), event, run.lease != null);
  if (control === null) return null;
  if (isTerminal(run.state)) return "wrong_state";
  // What ends is not held any more.
  const ends = run.cancelRequestedAt != null && !event.type.startsWith("message_");
  return ends ? "wrong_state" : { ...folded, run: { ...run, control } };
}

/** The run once nobody holds it any more. */
function ended(run: TaskRun, event: EventRecord): Folded {
  const control = letGo(controlOf(run), event, isTerminal(run.state));
  return { run: { ...run, lease: null, stage: null, control }, lastSeq: null };
}

/** Only the supervisor declares a lease lost. That an operator took it away is no failure. */
function takenAway(run: TaskRun, event: EventRecord): Folded | Refusal {
  if (event.source !== SUPERVISOR) return "not_holder";
  const isWished = run.lease?.releaseRequestedAt != null;
  return ended(isWished ? released(run, event) : lost(run, event), event);
}

function releaseWished(folded: Folded, event: EventRecord): Folded | Refusal {
  const { lease } = folded.run;
  if (lease == null) return "wrong_state";
  if (lease.releaseRequestedAt != null) return "duplicate";
  return { ...folded, run: { ...folded.run, lease: { ...lease, releaseRequestedAt: event.at } } };
}

/** From the start: no failure counts any more; what failed last is told until the next offer. */
function redriven(run: TaskRun, event: EventRecord): Folded | Refusal {
  if (run.state !== "failed" && run.state !== "dead_lettered") return "wrong_state";
  const state: StateName = "retry_scheduled";
  return ended({ ...run, state, failures: 0, dueAt: event.at, finishedAt: null }, event);
}

function offered(run: TaskRun, event: EventRecord): Folded | Refusal {
  const attempt = event.attempt ?? 0;
  if (attempt <= run.attempt) return "duplicate";
  if (run.state !== "retry_scheduled") return "wrong_state";
  if (attempt !== run.attempt + 1) return "other_attempt";
  return ended({ ...run, attempt, state: "queued", dueAt: null, error: null }, event);
}

function taken(run: TaskRun, event: EventRecord): Folded | Refusal {
  if (run.state !== "queued") return "wrong_state";
  if (event.source === SUPERVISOR) return "not_holder";
  if (event.attempt !== run.attempt) return "other_attempt";
  const lease = {
    attempt: event.attempt,
    worker: text(event, "worker") ?? event.source,
    position: event.position,
    takenAt: event.at,
    beatAgeMs: null,
  };
  const startedAt = run.startedAt ?? event.at;
  const control = begun(controlOf(run));
  const held = { ...run, state: "running", lease, stage: null, startedAt, control };
  return { run: held, lastSeq: null };
}

function holder(run: TaskRun, event: EventRecord, bySource: boolean): Refusal | null {
  if (run.lease == null) return "wrong_state";
  if (run.lease.attempt !== event.attempt) return "other_attempt";
  if (bySource && event.source !== run.lease.worker) return "not_holder";
  return null;
}

function finish(run: TaskRun, state: StateName, event: EventRecord): TaskRun {
  return { ...run, state, finishedAt: event.at, dueAt: null };
}

function released(run: TaskRun, event: EventRecord): TaskRun {
  if (run.cancelRequestedAt != null) return finish(run, "cancelled", event);
  return { ...run, state: "retry_scheduled", dueAt: event.at, error: null };
}

function lost(run: TaskRun, event: EventRecord): TaskRun {
  const failures = run.failures + 1;
  if (run.cancelRequestedAt != null) return finish(run, "cancelled", event);
  const error = {
    code: "lease_lost",
    message: "the worker was not heard of for the length of its lease",
    retryable: true,
  };
  if (failures >= run.maxAttempts) {
    return { ...finish(run, "dead_lettered", event), failures, error };
  }
  // The lease already was a wait: the first loss is offered again at once.
  const dueAt = later(event.at, retryDelay(run, failures - 1));
  return { ...run, state: "retry_scheduled", failures, error, dueAt };
}

function failed(run: TaskRun, event: EventRecord): TaskRun {
  const failures = run.failures + 1;
  const error = {
    code: text(event, "code") ?? "unknown",
    message: text(event, "message") ?? "",
    retryable: flag(event, "retryable"),
  };
  if (run.cancelRequestedAt != null) return { ...finish(run, "cancelled", event), failures };
  if (!error.retryable) return { ...finish(run, "failed", event), failures, error };
  if (failures >= run.maxAttempts) {
    return { ...finish(run, "dead_lettered", event), failures, error };
  }
  const dueAt = later(event.at, retryDelay(run, failures));
  return { ...run, state: "retry_scheduled", failures, error, dueAt };
}

function cancel(folded: Folded, event: EventRecord): Folded | Refusal {
  const { run } = folded;
  if (isTerminal(run.state)) return "wrong_state";
  if (run.cancelRequestedAt != null) return "duplicate";
  const ending = { ...run, cancelRequestedAt: event.at, control: cancelled(controlOf(run)) };
  // Nobody works on it: the wish is the end.
  if (run.lease == null) {
    return ended({ ...finish(ending, "cancelled", event), error: null }, event);
  }
  return { ...folded, run: ending };
}

function reported(folded: Folded, event: EventRecord): Folded | Refusal {
  const { run } = folded;
  const refusal = holder(run, event, true);
  if (refusal !== null) return refusal;
  const lastSeq = event.seq ?? 0;
  if (folded.lastSeq !== null && lastSeq <= folded.lastSeq) return "duplicate";
  const next = said(withControl(run, event), event);
  if (typeof next === "string") return next;
  return next.lease == null ? ended(next, event) : { run: next, lastSeq };
}

function withControl(run: TaskRun, event: EventRecord): TaskRun {
  const control = told(controlOf(run), event);
  return control === null ? run : { ...run, control };
}

function said(run: TaskRun, event: EventRecord): TaskRun | Refusal {
  switch (event.type) {
    case "stage_started":
      if (run.state !== "running") return "wrong_state";
      return { ...run, stage: text(event, "stage") };
    case "paused":
      return { ...run, state: "paused" };
    case "resumed":
      return run.state === "paused" ? { ...run, state: "running" } : "wrong_state";
    case "succeeded":
      if (run.state !== "running") return "wrong_state";
      return ended(
        finish(withResult(run, { summary: text(event, "summary") }), "succeeded", event),
        event,
      ).run;
    case "failed":
      return ended(failed(run, event), event).run;
    case "cancelled":
      return ended({ ...finish(run, "cancelled", event), error: null }, event).run;
    default:
      return progress(run, event);
  }
}

function progress(run: TaskRun, event: EventRecord): TaskRun {
  switch (event.type) {
    case "branch_pushed":
      return withResult(run, { branch: text(event, "branch"), commit: text(event, "commit") });
    case "pull_request_opened":
      return withPullRequest(run, event);
    case "patch_written":
      return withResult(run, {
        filesChanged: number(event, "files"),
        insertions: number(event, "insertions"),
        deletions: number(event, "deletions"),
      });
    default:
      return run;
  }
}

function withPullRequest(run: TaskRun, event: EventRecord): TaskRun {
  const [url, place] = [text(event, "url"), number(event, "number")];
  return url === null || place === null
    ? run
    : withResult(run, { pullRequest: { url, number: place } });
}

function withResult(run: TaskRun, news: Partial<NonNullable<TaskRun["result"]>>): TaskRun {
  return { ...run, result: { ...run.result, ...news } };
}

function later(at: string, milliseconds: number): string {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}
