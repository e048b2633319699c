// What an operator reads of a run: its events grouped by attempt, a command's start and end made
// one entry, and everything that came too late marked as such. It grows at its end: entries that
// do not change stay the same objects.
import type { EventRecord } from "../api/types";
import { text } from "./data";
import { blank, describe, type Entry, type Tone } from "./entry";

export interface AttemptGroup {
  /** 0 for what was said before any attempt. */
  attempt: number;
  worker: string | null;
  takenAt: string | null;
  endedAt: string | null;
  outcome: string | null;
  tone: Tone;
  entries: readonly Entry[];
}

/** A group while it is put together. */
type Draft = AttemptGroup & { entries: Entry[] };

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
  return new TimelineReader().read(events);
}

/** Reads timelines from the growing list of a run's events. */
export class TimelineReader {
  #seen: EventRecord[] = [];
  #drafts = new Map<number, Draft>();
  #current = 0;

  read(events: readonly EventRecord[]): AttemptGroup[] {
    if (!this.#continues(events)) {
      this.#seen = [];
      this.#drafts = new Map();
      this.#current = 0;
    }
    for (const event of events.slice(this.#seen.length)) this.#add(event);
    this.#seen = [...events];
    return [...this.#drafts.values()]
      .map((draft) => ({ ...draft, entries: [...draft.entries] }))
      .sort((a, b) => a.attempt - b.attempt);
  }

  /** Whether these events begin with all that was read, judged the same. */
  #continues(events: readonly EventRecord[]): boolean {
    return this.#seen.every((seen, at) => {
      const event = events[at];
      if (event === seen) return true;
      if (event?.position !== seen.position || event.index !== seen.index) return false;
      return refusalOf(event) === refusalOf(seen);
    });
  }

  #add(event: EventRecord): void {
    const attempt = event.attempt ?? this.#current;
    if (event.effective !== false) this.#current = Math.max(this.#current, attempt);
    let draft = this.#drafts.get(attempt);
    if (draft === undefined) {
      draft = newDraft(attempt);
      this.#drafts.set(attempt, draft);
    }
    addEvent(draft, event);
  }
}

function newDraft(attempt: number): Draft {
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

function addEvent(group: Draft, event: EventRecord): void {
  const refused = refusalOf(event);
  if (event.type === "output") {
    if (refused !== null) addLateOutput(group, event, refused);
    return;
  }
  // That it lives says nothing new.
  if (event.type === "session_heartbeat") return;
  if (refused === null && closeOpen(group, event)) return;
  const entry = { ...blank(event), ...describe(event), refused };
  if (goesOn(group.entries.at(-1), entry)) return;
  group.entries.push(entry);
  if (refused === null) note(group, event);
}

/** Late output is a crowd: one entry stands for all of it. */
function addLateOutput(group: Draft, event: EventRecord, refused: string): void {
  const key = `late-output-${String(event.attempt ?? 0)}`;
  if (group.entries.some((entry) => entry.key === key)) return;
  group.entries.push({ ...blank(event), key, title: "More of the log", refused });
}

const STARTS: Record<string, string> = {
  command_finished: "command_started",
  stage_finished: "stage_started",
};

/** Whether somebody goes on typing where they typed: one entry stands for all of it. */
function goesOn(last: Entry | undefined, entry: Entry): boolean {
  const isTyping = entry.kind === "input_typed" && last?.kind === "input_typed";
  return isTyping && last.step === entry.step && last.refused === entry.refused;
}

/** Makes the end of a command or stage part of the entry that its start made. */
function closeOpen(group: Draft, event: EventRecord): boolean {
  const start = STARTS[event.type];
  if (start === undefined) return false;
  const mark = event.type === "stage_finished" ? text(event, "stage") : text(event, "stepId");
  const at = group.entries.findLastIndex(
    (each) => each.open && each.refused === null && each.kind === start && each.step === mark,
  );
  const entry = group.entries[at];
  if (entry === undefined) return false;
  // What it is stays, so that an opened fold stays open.
  const { key, at: since, kind, step } = entry;
  group.entries[at] = { ...blank(event), ...describe(event), key, at: since, kind, step };
  return true;
}

const OUTCOMES: Record<string, [string, Tone]> = {
  succeeded: ["succeeded", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", "quiet"],
  lease_lost: ["worker lost", "bad"],
  lease_released: ["given back", "quiet"],
};

function note(group: Draft, event: EventRecord): void {
  const outcome = OUTCOMES[event.type];
  if (event.type === "lease_taken") {
    group.worker = text(event, "worker") ?? event.source;
    group.takenAt = event.at;
  } else if (outcome !== undefined) {
    group.endedAt = event.at;
    const takenAway = text(event, "reason")?.startsWith("released by ") ?? false;
    const isTaken = event.type === "lease_lost" && takenAway;
    [group.outcome, group.tone] = isTaken ? ["taken away", "warn"] : outcome;
    cutOff(group);
  }
}

/** Whatever is still open when its attempt ends will never be heard of again. */
function cutOff(group: Draft): void {
  group.entries = group.entries.map((entry) =>
    entry.open ? { ...entry, open: false, cut: true } : entry,
  );
}
