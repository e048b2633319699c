// What holds a run, who has its place and what its agent is like, folded from commands and from what
// its worker says: a phase is on the page before the server's next answer, whose word then replaces
// ours.
import type {
  AgentInfo,
  BudgetInfo,
  EventRecord,
  PauseInfo,
  RunControl,
  TaskRun,
} from "../api/types";
import { flag, number, text, under } from "./data";

export const NO_CONTROL: RunControl = {
  pause: null,
  takeover: null,
  pausedMs: 0,
  pendingMessages: 0,
  openHelpRequests: 0,
  agent: null,
  budgets: [],
};

/** What is known of the control of a run; an older server tells nothing. */
export function controlOf(run: TaskRun): RunControl {
  return run.control ?? NO_CONTROL;
}

type Step = (control: RunControl, event: EventRecord) => RunControl;

/** After a wish of an operator. Null if the event is none that control knows of. */
export function wished(control: RunControl, event: EventRecord): RunControl | null {
  return WISHES[event.type]?.(control, event) ?? null;
}

/** After something that the holder said. Null if it is nothing about control. */
export function told(control: RunControl, event: EventRecord): RunControl | null {
  return REPORTS[event.type]?.(control, event) ?? null;
}

/** Once nobody holds the run: who had its place has it no more, and a pause is wished of whoever
 * comes next, unless the run is over. */
export function letGo(control: RunControl, over: boolean): RunControl {
  const { pause } = control;
  const next = { ...control, takeover: null };
  if (over) return { ...next, pause: null, pendingMessages: 0, openHelpRequests: 0 };
  if (pause === null || pause.phase === "resuming") return { ...next, pause: null };
  const gone = { deliveredAt: null, effectiveAt: null, method: null, before: null };
  return { ...next, pause: { ...pause, ...gone, phase: "requested", resumesAt: null } };
}

/** At the beginning of an attempt: its agent is another one, and has used up nothing. */
export function begun(control: RunControl): RunControl {
  const budgets = control.budgets.map((each) => ({ ...each, used: 0, reached: false }));
  return { ...control, agent: null, pausedMs: 0, budgets };
}

function pauseWished(event: EventRecord, cause: string): PauseInfo {
  return {
    phase: "requested",
    command: text(event, "id"),
    by: event.source,
    cause,
    mode: text(event, "mode") ?? "soft",
    note: text(event, "note"),
    requestedAt: event.at,
    deliveredAt: null,
    effectiveAt: null,
    method: null,
    before: null,
    escalated: false,
    resumesAt: null,
  };
}

/** A wish about a run that stands still leaves it standing: only who and why are new. */
function onTop(pause: PauseInfo | null, wish: PauseInfo): PauseInfo {
  if (pause?.effectiveAt == null) return wish;
  const { effectiveAt, escalated } = pause;
  const [method, before] = [pause.method ?? null, pause.before ?? null];
  return { ...wish, effectiveAt, method, before, escalated };
}

const WISHES: Record<string, Step> = {
  pause_requested: (control, event) => ({
    ...control,
    pause: onTop(control.pause, pauseWished(event, "operator")),
  }),
  takeover_requested: (control, event) => ({
    ...control,
    pause: onTop(control.pause, pauseWished(event, "takeover")),
    takeover: {
      command: text(event, "id") ?? "",
      by: event.source,
      note: text(event, "note"),
      requestedAt: event.at,
      beganAt: null,
      expiresAt: null,
    },
  }),
  resume_requested: resuming,
  hand_back_requested: resuming,
  message_sent: (control) => ({ ...control, pendingMessages: control.pendingMessages + 1 }),
  message_cancel_requested: same,
  help_answered: same,
  budget_raise_requested: same,
};

function same(control: RunControl): RunControl {
  return control;
}

function resuming(control: RunControl): RunControl {
  if (control.pause === null) return control;
  return { ...control, pause: { ...control.pause, phase: "resuming" } };
}

/** The worker holds a command: the pause's own one, or another one about it. */
function delivered(control: RunControl, event: EventRecord): RunControl {
  const { pause } = control;
  const refused = text(event, "refused") !== null;
  if (pause === null) return control;
  if (pause.command !== text(event, "command")) {
    const isBack = refused && pause.phase === "resuming";
    return isBack ? { ...control, pause: { ...pause, phase: phaseOf(pause) } } : control;
  }
  if (!refused) {
    const known = { ...pause, deliveredAt: event.at };
    const isLeaving = pause.phase === "resuming";
    return { ...control, pause: { ...known, phase: isLeaving ? "resuming" : phaseOf(known) } };
  }
  const takeover = control.takeover?.command === pause.command ? null : control.takeover;
  // A refused wish about a run that stands still anyway: the server knows what holds it.
  return { ...control, takeover, pause: pause.effectiveAt == null ? null : pause };
}

function phaseOf(pause: PauseInfo): string {
  if (pause.effectiveAt != null) return "effective";
  return pause.deliveredAt == null ? "requested" : "delivered";
}

function paused(control: RunControl, event: EventRecord): RunControl {
  const command = text(event, "command");
  const cause = text(event, "cause") ?? "operator";
  const known = control.pause;
  const isSame = known !== null && (command === null || known.command === command);
  const wish: PauseInfo = isSame
    ? known
    : { ...pauseWished(event, cause), command, by: null, note: null, mode: "hard" };
  const resumesInMs = number(event, "resumesInMs");
  const pause: PauseInfo = {
    ...wish,
    cause,
    phase: "effective",
    deliveredAt: wish.deliveredAt ?? event.at,
    effectiveAt: event.at,
    method: text(event, "method") ?? (text(event, "kind") === "checkpoint" ? "checkpoint" : null),
    before: text(event, "before"),
    escalated: flag(event, "escalated"),
    resumesAt: resumesInMs === null ? null : later(event.at, resumesInMs),
  };
  return { ...control, pause };
}

function resumed(control: RunControl, event: EventRecord): RunControl {
  const since = control.pause?.effectiveAt;
  const stood = since == null ? 0 : Math.max(0, Date.parse(event.at) - Date.parse(since));
  const pausedMs = control.pausedMs + (number(event, "pausedMs") ?? stood);
  return { ...control, pausedMs, pause: null };
}

function begin(control: RunControl, event: EventRecord): RunControl {
  const seconds = number(event, "expiresInSeconds");
  const takeover = {
    command: text(event, "command") ?? "",
    by: text(event, "by") ?? event.source,
    note: control.takeover?.note ?? null,
    requestedAt: control.takeover?.requestedAt ?? event.at,
    beganAt: event.at,
    expiresAt: seconds === null ? null : later(event.at, seconds * 1_000),
  };
  return { ...control, takeover };
}

function lessMessages(control: RunControl): RunControl {
  return { ...control, pendingMessages: Math.max(0, control.pendingMessages - 1) };
}

function budget(control: RunControl, event: EventRecord): RunControl {
  const name = text(event, "budget");
  const limit = number(event, "limit");
  const used = number(event, "used");
  if (name === null || limit === null || used === null) return control;
  const next: BudgetInfo = { budget: name, limit, used, reached: event.type === "budget_reached" };
  const isKnown = control.budgets.some((each) => each.budget === name);
  const budgets = isKnown
    ? control.budgets.map((each) => (each.budget === name ? next : each))
    : [...control.budgets, next];
  return { ...control, budgets };
}

function agent(event: EventRecord): AgentInfo {
  const can = under(event, "capabilities");
  return {
    mode: text(event, "mode"),
    model: text(event, "model"),
    effort: text(event, "effort"),
    sandbox: text(event, "sandbox"),
    approvals: text(event, "approvals"),
    capabilities: {
      checkpoints: can.checkpoints === true,
      steering: can.steering === true,
      queued: can.queued === true,
      permissions: can.permissions === true,
      interactive: can.interactive === true,
    },
  };
}

const REPORTS: Record<string, Step> = {
  control_delivered: delivered,
  paused,
  resumed,
  takeover_began: begin,
  takeover_ended: (control) => ({ ...control, takeover: null }),
  message_delivered: lessMessages,
  message_dropped: lessMessages,
  operator_needed: (control) => ({
    ...control,
    openHelpRequests: control.openHelpRequests + 1,
  }),
  operator_not_needed: (control) => ({
    ...control,
    openHelpRequests: Math.max(0, control.openHelpRequests - 1),
  }),
  agent_started: (control, event) => ({ ...control, agent: agent(event) }),
  budget_reached: budget,
  budget_raised: budget,
};

function later(at: string, milliseconds: number): string {
  return new Date(Date.parse(at) + milliseconds).toISOString();
}
