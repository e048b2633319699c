// A pause as a line of phases with the time that each took, and what can be done as things stand.
// Pure: the present is handed in.
import type { AgentCapabilities, PauseInfo, RunControl, TaskRun } from "../api/types";
import { duration, ticking } from "../lib/format";
import { budgetName } from "./budget";
import { controlOf } from "./control";
import { methodWords } from "./controlEntry";
import { isTerminal } from "./run";

export type PhaseName = "requested" | "delivered" | "effective";

export interface Phase {
  name: PhaseName;
  label: string;
  /** When it was reached; null if it was not. */
  at: string | null;
  /** What it took, or takes so far; null if that cannot be told. */
  elapsed: string | null;
  /** Whether this is what is waited for. */
  waits: boolean;
}

const LABELS: Record<PhaseName, string> = {
  requested: "Requested",
  delivered: "Worker has it",
  effective: "Stands still",
};

/** The phases of a pause, each with its time. */
export function phases(pause: PauseInfo, now: number): Phase[] {
  const times: [PhaseName, string | null][] = [
    ["requested", pause.requestedAt],
    // Whoever stands still before a worker was there needs none.
    ["delivered", pause.deliveredAt ?? pause.effectiveAt ?? null],
    ["effective", pause.effectiveAt ?? null],
  ];
  const first = times.find(([, at]) => at === null)?.[0];
  return times.map(([name, at], place) => {
    const before = times[place - 1]?.[1] ?? null;
    const waits = name === first && pause.phase !== "resuming";
    return { name, label: LABELS[name], at, elapsed: took(at, before, waits ? now : null), waits };
  });
}

/** Whether a pause is in force. */
export function standsStill(pause: PauseInfo | null): boolean {
  return pause?.effectiveAt != null && pause.phase !== "resuming";
}

/** Clocks of two machines: a phase is never reached before the one before. */
function took(at: string | null, before: string | null, now: number | null): string | null {
  if (before === null) return null;
  if (at !== null) return `+${duration(Math.max(0, Date.parse(at) - Date.parse(before)))}`;
  return now === null ? null : `${ticking(Math.max(0, now - Date.parse(before)))} …`;
}

/** How the run is held, in a sentence. It changes with the phase, not with the time. */
export function holdWords(run: TaskRun): string {
  const { pause, takeover } = controlOf(run);
  if (pause === null) return "";
  if (pause.phase === "resuming") return "It is about to go on.";
  if (pause.effectiveAt == null) return waitWords(pause, run.lease != null);
  if (takeover?.beganAt != null) return `${takeover.by} has the run's place.`;
  const late = pause.escalated ? "No tool call came in time, so " : "";
  const words = `${late}${methodWords(pause.method)}`;
  const place = pause.before == null ? "" : ` (${pause.before})`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${place}.`;
}

function waitWords(pause: PauseInfo, held: boolean): string {
  if (!held) return "Nobody works on it: it is held before it begins.";
  if (pause.phase === "requested") return "Its worker has not confirmed the pause yet.";
  if (pause.mode === "hard") return "Its worker freezes it.";
  return "It stops before its next tool call, or is frozen if none comes in time.";
}

const CAUSES: Record<string, string> = {
  operator: "Paused",
  takeover: "Taken over",
  scope: "Paused with its worker, pool or fleet",
  budget: "Paused: a budget is used up",
  policy: "Paused by its own rules",
};

/** What holds it, in a word or two. */
export function causeWords(pause: PauseInfo): string {
  const words = CAUSES[pause.cause] ?? "Paused";
  if (pause.phase === "resuming") return "Resuming";
  if (pause.effectiveAt != null) return words;
  return pause.cause === "takeover" ? "Being taken over" : "Pausing";
}

export type Wish =
  "pause" | "soft pause" | "hard pause" | "resume" | "takeover" | "steering" | "queued" | "raise";

/** Why a wish makes no sense as the run stands; null if it does. */
export function obstacle(wish: Wish, run: TaskRun): string | null {
  const control = controlOf(run);
  if (isTerminal(run.state)) return "the run is over";
  if (run.cancelRequestedAt != null) return "the run is being cancelled";
  switch (wish) {
    case "pause":
    case "hard pause":
      return taken(control);
    case "soft pause":
      return taken(control) ?? lacks(run, "checkpoints", NO_CHECKPOINTS);
    case "resume":
      return taken(control)?.concat(": hand the run back instead") ?? usedUp(control);
    case "takeover":
      if (run.lease == null) return "nobody works on it: pause it, and it is held before it begins";
      return taken(control);
    case "steering":
      return lacks(run, "steering", "this agent hears nothing in the middle of its turn");
    case "queued":
      return lacks(run, "queued", "this agent hears nothing at the end of its turn");
    case "raise":
      return null;
  }
}

const NO_CHECKPOINTS = "this agent has no checkpoints: it can only be frozen";

function taken(control: RunControl): string | null {
  return control.takeover === null ? null : `${control.takeover.by} has the run's place`;
}

/** A run that is held for a budget goes on once that is raised. */
function usedUp(control: RunControl): string | null {
  if (control.pause?.cause !== "budget") return null;
  const budget = control.budgets.find((each) => each.reached);
  return budget === undefined ? null : `its ${budgetName(budget.budget)} is used up: raise it`;
}

/** What the run's agent can do; null where nobody can tell: a command is what its program makes of
 * it. */
export function abilities(run: TaskRun): AgentCapabilities | null {
  const can = controlOf(run).agent?.capabilities ?? null;
  const isUnsaid = can !== null && !Object.values(can).includes(true);
  return run.type === "command" && isUnsaid ? null : can;
}

function lacks(
  run: TaskRun,
  name: "checkpoints" | "steering" | "queued",
  why: string,
): string | null {
  const can = abilities(run);
  return can === null || can[name] ? null : why;
}

/** Time that the attempt has stood still, in milliseconds, with the pause in force. */
export function stoodStill(control: RunControl, now: number): number {
  const since = control.pause?.effectiveAt;
  const present = since == null ? 0 : Math.max(0, now - Date.parse(since));
  return control.pausedMs + present;
}
