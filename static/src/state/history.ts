// The events of one run in their order, each once, however often they come.
import type { EventRecord } from "../api/types";

export interface History {
  /** In order of position and index. */
  readonly events: readonly EventRecord[];
}

export const EMPTY: History = { events: [] };

function before(a: EventRecord, b: EventRecord): boolean {
  return a.position < b.position || (a.position === b.position && a.index < b.index);
}

function same(a: EventRecord, b: EventRecord): boolean {
  return a.position === b.position && a.index === b.index;
}

/** Whether the recorder has not yet said if the event counts. */
export function isProvisional(event: EventRecord): boolean {
  return event.effective == null;
}

/** Takes events in. A recorded event replaces its provisional self, never the reverse. */
export function take(history: History, news: readonly EventRecord[]): History {
  if (news.length === 0) return history;
  const events = [...history.events];
  let changed = false;
  for (const event of news) {
    const at = placeOf(events, event);
    const known = events[at];
    if (known === undefined || !same(known, event)) {
      events.splice(at, 0, event);
      changed = true;
    } else if (isProvisional(known) && !isProvisional(event)) {
      events[at] = event;
      changed = true;
    }
  }
  return changed ? { events } : history;
}

/** Where the event is or belongs. Most come last, so the search starts at the end. */
function placeOf(events: readonly EventRecord[], event: EventRecord): number {
  const last = events.at(-1);
  if (last === undefined || before(last, event)) return events.length;
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = events[middle];
    if (found !== undefined && before(found, event)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position before the first provisional event: re-read from here; null if none is. */
export function unsettledAfter(history: History): number | null {
  const first = history.events.find(isProvisional);
  return first === undefined ? null : first.position - 1;
}
