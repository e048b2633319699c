// Why a run has not started, in words.
import type { PlacementInfo, WorkerVerdict } from "../api/types";
import type { Tone } from "./entry";

/** A rule in a few words; the server's detail says the rest. */
const RULES: Record<string, { word: string; tone: Tone }> = {
  unheard: { word: "not heard", tone: "bad" },
  draining: { word: "drained", tone: "warn" },
  not_permitted: { word: "not permitted", tone: "warn" },
  pool: { word: "other pool", tone: "quiet" },
  run_type: { word: "other kind of run", tone: "quiet" },
  repository: { word: "other repositories", tone: "quiet" },
  capabilities: { word: "lacks something", tone: "quiet" },
  too_small: { word: "too small", tone: "quiet" },
  busy: { word: "busy", tone: "plain" },
  behind: { word: "others go first", tone: "plain" },
  can_take_now: { word: "can take it now", tone: "good" },
};

export function ruleWords(verdict: string): { word: string; tone: Tone } {
  return RULES[verdict] ?? { word: verdict.replaceAll("_", " "), tone: "plain" };
}

/** Whether a run in this state waits for something that can be explained. */
export function waits(state: string): boolean {
  return state === "queued" || state === "retry_scheduled";
}

/** Where it stands in its queue; null if it is in none. */
export function queueWords(placement: PlacementInfo): string | null {
  const { queue } = placement;
  if (queue == null) return null;
  const ahead =
    queue.ahead === 0
      ? "no run is before it"
      : queue.ahead === 1
        ? "1 run is before it"
        : `${queue.ahead.toLocaleString("en")} runs are before it`;
  return `Place ${queue.position.toLocaleString("en")} in its queue, priority ${queue.priority}: ${ahead}`;
}

/** The workers that come closest first: what keeps those is what has to change. */
export function nearest(workers: readonly WorkerVerdict[]): WorkerVerdict[] {
  const order = Object.keys(RULES);
  return workers.toSorted(
    (a, b) =>
      order.indexOf(b.verdict) - order.indexOf(a.verdict) || a.worker.localeCompare(b.worker),
  );
}
