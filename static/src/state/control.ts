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
import { handedBack, isHandBack, neverTold, told as backTold } from "./handBack";

export const NO_CONTROL: RunControl = {
  pause: null,
  takeover: null,
  handBack: null,
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

/** After a wish of an operator; whether anybody holds the run decides what it means. Null if the
 * event is none that control knows of. */
export function wished(control: RunControl, event: EventRecord, held: boolean): RunControl | null {
  const wish = WISHES[event.type];
  return wish === undefined ? null : wish(control, event, held);
}

/** After something that the holder said. Null if it is nothing about control. */
export function told(control: RunControl, event: EventRecord): RunControl | null {
  return REPORTS[event.type]?.(control, event) ?? null;
}

/** Once the run is to end: it is held no more, and who has its place gives it up. */
export function cancelled(control: RunControl): RunControl {
  const { pause } = control;
  if (pause?.effectiveAt == null) return { ...control, pause: null, takeover: null };
  return { ...control, pause: { ...pause, phase: "resuming" } };
}

/** Once nobody holds the run: who had its place has it no more, and an operator's pause is wished of
 * whoever comes next, unless the run is over. */
export function letGo(control: RunControl, event: EventRecord, over: boolean): RunControl {
  const back = control.handBack ?? null;
  const still = {
    ...standsNoMore(control, event, null),
    openHelpRequests: 0,
    handBack: back === null ? null : neverTold(back, event.at, "its attempt ended before"),
  };
  if (over) return { ...still, pause: null, takeover: null, pendingMessages: 0 };
  const { pause } = still;
  const outlives =
    pause?.command != null &&
    pause.phase !== "resuming" &&
    (pause.cause === "operator" || pause.cause === "takeover");
  if (!outlives) return { ...still, pause: null, takeover: null };
  const next = { ...pause, cause: "operator", phase: "requested", deliveredAt: null };
  return { ...still, pause: next, takeover: null };
}

/** Counts the time of the pause in force, which is in force no more. */
function standsNoMore(control: RunControl, event: EventRecord, toldMs: number | null): RunControl {
  const { pause } = control;
  if (pause?.effectiveAt == null) return control;
  const stood = Math.max(0, Date.parse(event.at) - Date.parse(pause.effectiveAt));
  const gone = { effectiveAt: null, method: null, before: null, escalated: false, resumesAt: null };
  const pausedMs = control.pausedMs + (toldMs ?? stood);
  return { ...control, pausedMs, pause: { ...pause, ...gone } };
}

/** At the beginning of an attempt: its agent is another one, and has used up nothing. */
export function begun(control: RunControl): RunControl {
  const budgets = control.budgets.map((each) => ({ ...each, used: 0, reached: false }));
  return { ...control, agent: null, handBack: null, pausedMs: 0, budgets };
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

/** A wish about a run that stands still leaves it standing: who, how and why are new. */
function hold(control: RunControl, wish: PauseInfo): RunControl {
  const { pause } = control;
  if (pause?.effectiveAt == null) return { ...control, pause: wish };
  const { effectiveAt, escalated } = pause;
  const [method, before] = [pause.method ?? null, pause.before ?? null];
  const standing = { effectiveAt, method, before, escalated, phase: "effective" };
  return { ...control, pause: { ...wish, ...standing } };
}

type WishStep = (control: RunControl, event: EventRecord, held: boolean) => RunControl;

const WISHES: Record<string, WishStep> = {
  pause_requested: (control, event) => {
    if (control.takeover !== null) return control;
    return hold(control, pauseWished(event, "operator"));
  },
  takeover_requested: (control, event, held) => {
    if (control.takeover !== null || !held) return control;
    const takeover = {
      command: text(event, "id") ?? "",
      by: event.source,
      note: text(event, "note"),
      requestedAt: event.at,
      beganAt: null,
      expiresAt: null,
    };
    return { ...hold(control, pauseWished(event, "takeover")), takeover };
  },
  resume_requested: (control, _, held) =>
    control.takeover === null ? goOn(control, held) : control,
  hand_back_requested: (control, _, held) =>
    control.takeover === null ? control : goOn(control, held),
  message_sent: (control) => ({ ...control, pendingMessages: control.pendingMessages + 1 }),
  message_cancel_requested: same,
  help_answered: same,
  budget_raise_requested: same,
};

function same(control: RunControl): RunControl {
  return control;
}

/** Going on is wished. Without a holder nothing stands in the way. */
function goOn(control: RunControl, held: boolean): RunControl {
  if (control.pause === null) return control;
  return { ...control, pause: held ? { ...control.pause, phase: "resuming" } : null };
}

/** The worker holds a command: the pause's own one, or another one about it. */
function delivered(control: RunControl, event: EventRecord): RunControl {
  const { pause } = control;
  if (pause === null) return control;
  const mine = pause.command === text(event, "command");
  const isResuming = pause.phase === "resuming";
  if (text(event, "refused") !== null) return refused(control, pause, mine);
  if (mine) {
    const known = { ...pause, deliveredAt: pause.deliveredAt ?? event.at };
    return { ...control, pause: { ...known, phase: isResuming ? "resuming" : phaseOf(known) } };
  }
  // It never came to standing still: going on has happened.
  const isOver = isResuming && pause.effectiveAt == null;
  return isOver ? { ...control, pause: null, takeover: null } : control;
}

/** A wish that the holder does not carry out. */
function refused(control: RunControl, pause: PauseInfo, mine: boolean): RunControl {
  if (!mine) {
    return pause.phase === "resuming"
      ? { ...control, pause: { ...pause, phase: phaseOf(pause) } }
      : control;
  }
  // It stands still all the same, for whatever held it before.
  const still = pause.effectiveAt == null ? null : { ...pause, cause: "operator" };
  return { ...control, pause: still, takeover: null };
}

function phaseOf(pause: PauseInfo): string {
  if (pause.effectiveAt != null) return "effective";
  return pause.deliveredAt == null ? "requested" : "delivered";
}

/** The run stands still. Whose wish this is stays as it is on record. */
function paused(control: RunControl, event: EventRecord): RunControl {
  const command = text(event, "command");
  const wish = control.pause ?? unasked(event, command);
  const isNamed = wish.command != null;
  const isMine = isNamed && wish.command === command;
  const resumesInMs = number(event, "resumesInMs");
  const pause: PauseInfo = {
    ...wish,
    command: wish.command ?? command,
    cause: isNamed ? wish.cause : (text(event, "cause") ?? wish.cause),
    phase: wish.phase === "resuming" ? "resuming" : "effective",
    deliveredAt: wish.deliveredAt ?? (isMine ? event.at : null),
    effectiveAt: wish.effectiveAt ?? event.at,
    method: text(event, "method") ?? (text(event, "kind") === "checkpoint" ? "checkpoint" : null),
    before: text(event, "before"),
    escalated: flag(event, "escalated"),
    resumesAt: resumesInMs === null ? null : later(event.at, resumesInMs),
  };
  return { ...control, pause };
}

/** A pause that nobody's wish on record explains. */
function unasked(event: EventRecord, command: string | null): PauseInfo {
  return {
    ...pauseWished(event, text(event, "cause") ?? "operator"),
    command,
    by: null,
    note: null,
    mode: text(event, "kind") === "frozen" ? "hard" : "soft",
    deliveredAt: event.at,
  };
}

/** The run goes on. A wish that the holder has not heard of yet is still a wish. */
function resumed(control: RunControl, event: EventRecord): RunControl {
  const still = standsNoMore(control, event, number(event, "pausedMs"));
  const { pause } = still;
  const isUnheard = pause !== null && pause.deliveredAt == null && pause.phase !== "resuming";
  if (isUnheard) return { ...still, pause: { ...pause, phase: "requested" } };
  return { ...still, pause: null, takeover: null };
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
  // Said again by a worker that was started again: it began when it began.
  return control.takeover?.beganAt == null ? { ...control, takeover } : control;
}

/** What is said of a message: it is an operator's, or hands the last takeover back. */
function ofMessage(rest: Step): Step {
  return (control, event) => {
    const back = control.handBack ?? null;
    if (back !== null && back.command === text(event, "message")) {
      return { ...control, handBack: backTold(back, event) };
    }
    // Of one before the last nothing is shown any more.
    return isHandBack(event) ? control : rest(control, event);
  };
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
  takeover_ended: (control, event) => {
    const { pause } = control;
    const isExpired = text(event, "end") === "expired" && pause !== null;
    const back = handedBack(event, control.takeover?.by ?? event.source);
    return {
      ...control,
      takeover: null,
      handBack: back ?? control.handBack ?? null,
      pause: isExpired ? { ...pause, cause: "operator" } : pause,
    };
  },
  message_delivered: ofMessage(lessMessages),
  message_seen: ofMessage(same),
  message_dropped: ofMessage(lessMessages),
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
