// Drains in words, and the form of one.
import type { DrainInfo, DrainRequest, FieldError, WorkerInfo } from "../api/types";

/** Who can be drained, as the form offers it. */
export interface ScopeChoice {
  scope: string;
  label: string;
}

/** `fleet`, `pool.<pool>` or `worker.<worker>`, in words. */
export function scopeWords(scope: string): string {
  if (scope === "fleet") return "the whole fleet";
  const [kind, ...rest] = scope.split(".");
  return `${kind ?? ""} ${rest.join(".")}`;
}

/** Everybody who can be drained, given who is there. */
export function scopeChoices(workers: readonly WorkerInfo[]): ScopeChoice[] {
  const pools = [...new Set(workers.flatMap((worker) => worker.pools))].sort();
  const scopes = [
    ...workers.map((worker) => `worker.${worker.id}`),
    ...pools.map((pool) => `pool.${pool}`),
    "fleet",
  ];
  return scopes.map((scope) => ({ scope, label: scopeWords(scope) }));
}

/** How long a drain is to hold, as the form offers it. */
export const LENGTHS: readonly { seconds: number | null; label: string }[] = [
  { seconds: null, label: "until it is taken back" },
  { seconds: 3_600, label: "for an hour" },
  { seconds: 14_400, label: "for 4 hours" },
  { seconds: 86_400, label: "for a day" },
];

/** What becomes of the runs that are held, as the form offers it. */
export const HELD_RUNS: readonly { runs: "finish" | "pause"; label: string }[] = [
  { runs: "finish", label: "are finished" },
  { runs: "pause", label: "stand still meanwhile" },
];

export interface DrainForm {
  scope: string;
  runs: "finish" | "pause";
  note: string;
  forSeconds: number | null;
}

/** The request that the form stands for. */
export function buildDrain(form: DrainForm): DrainRequest {
  const { scope, runs, forSeconds } = form;
  return {
    scope,
    note: form.note.trim(),
    ...(forSeconds === null ? {} : { forSeconds }),
    ...(runs === "finish" ? {} : { runs }),
  };
}

/** What the server says about the form's fields, as one text. */
export function complaints(errors: readonly FieldError[]): string {
  return errors.map((error) => `${error.field} ${error.message}`).join("; ");
}

/** How far a drain has come. */
export function progressWords(drain: DrainInfo): string {
  const workers = drain.workers === 1 ? "1 worker" : `${String(drain.workers)} workers`;
  if (drain.workers === 0) return "no worker of it is heard";
  if (drain.running === 0) return `${workers}, empty: nothing runs there any more`;
  const runs = drain.running === 1 ? "1 run" : `${String(drain.running)} runs`;
  if (drain.runs === "pause") return `${workers}, ${runs} paused with it`;
  return `${workers}, ${runs} left to finish`;
}
