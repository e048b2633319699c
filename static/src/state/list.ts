// The rows of the runs list, newest first. Everything but a run's state was settled when it was
// submitted, so that a change of state is all that can make it leave a filtered list.
import type { EventRecord, TaskRun, TaskRunPage } from "../api/types";
import type { Filters } from "./filters";
import { foldRun } from "./run";

export interface RunList {
  rows: TaskRun[];
  /** Where older runs go on; null if there are none. */
  nextCursor: string | null;
}

function newer(a: TaskRun, b: TaskRun): boolean {
  return a.id > b.id;
}

/** Of two readings of one run, the one that knows more. */
function latest(a: TaskRun, b: TaskRun | undefined): TaskRun {
  return b !== undefined && b.position > a.position ? b : a;
}

/** The list after its newest part was read again. Older rows that were loaded stay. */
export function refresh(list: RunList | null, page: TaskRunPage): RunList {
  const known = new Map(list?.rows.map((run) => [run.id, run]));
  const rows = page.runs.map((run) => latest(run, known.get(run.id)));
  const last = page.runs.at(-1);
  if (list === null || last === undefined || page.nextCursor == null) {
    return { rows, nextCursor: page.nextCursor ?? null };
  }
  const older = list.rows.filter((run) => newer(last, run));
  return {
    rows: [...rows, ...older],
    nextCursor: older.length > 0 ? list.nextCursor : page.nextCursor,
  };
}

/** The list with a further page of older runs. */
export function append(list: RunList, page: TaskRunPage): RunList {
  const known = new Set(list.rows.map((run) => run.id));
  const rows = [...list.rows, ...page.runs.filter((run) => !known.has(run.id))];
  return { rows, nextCursor: page.nextCursor ?? null };
}

/** The list with one run read again. */
export function replace(list: RunList, run: TaskRun, filters: Filters): RunList {
  const rows = list.rows
    .map((row) => (row.id === run.id ? latest(run, row) : row))
    .filter((row) => row.id !== run.id || matches(row, filters));
  return { ...list, rows };
}

/** The list with what an event says about a run in it, before the server's list says so. */
export function hear(list: RunList, event: EventRecord): RunList {
  const at = list.rows.findIndex((row) => row.id === event.runId);
  const row = list.rows[at];
  if (row === undefined) return list;
  const next = foldRun(row, [event]);
  return next === row ? list : { ...list, rows: list.rows.with(at, next) };
}

function matches(run: TaskRun, filters: Filters): boolean {
  return filters.states.length === 0 || filters.states.some((state) => state === run.state);
}

const QUIET = new Set([
  "output",
  "output_truncated",
  "command_started",
  "command_finished",
  "agent_message",
  "files_changed",
  "cancel_step",
]);

/** Whether an event can change what a row shows. */
export function touches(event: EventRecord): boolean {
  return !QUIET.has(event.type);
}
