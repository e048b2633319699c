// When a failed run is tried again. The jitter comes from the run's id, so that every reader of
// the same events computes the same instant as the server.
import type { TaskRun } from "../api/types";

const FIRST_DELAY_SECONDS = 5;
const MAX_DELAY_SECONDS = 300;

/** Milliseconds until the next attempt after the n-th failure; 0 before any. */
export function retryDelay(run: TaskRun, failures: number): number {
  if (failures < 1) return 0;
  const first = run.request.retry?.firstDelaySeconds ?? FIRST_DELAY_SECONDS;
  const max = run.request.retry?.maxDelaySeconds ?? MAX_DELAY_SECONDS;
  const full = Math.min(first * 2 ** Math.min(failures - 1, 32), max) * 1000;
  const taken = Math.floor((Math.floor(full / 5) * spread(run.id, failures)) / 256);
  return full - taken;
}

/** A byte that differs between runs and between failures of one run. */
function spread(id: string, failures: number): number {
  const hex = id.replaceAll("-", "");
  const last = Number.parseInt(hex.slice(30, 32), 16) || 0;
  const previous = Number.parseInt(hex.slice(28, 30), 16) || 0;
  return (last * 31 + previous + (failures % 256) * 97) % 256;
}
