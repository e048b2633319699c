// The live log of each attempt, put together from its `output` events. Logs grow at their end,
// so what was read stays read; only a change in the past makes it start afresh.
import type { EventRecord } from "../api/types";
import { newScreen, write, type Line, type Screen } from "../lib/ansi";
import { number, text } from "./data";

/** Lines that are shown and compared as one. A full block never changes. */
export const BLOCK = 200;

export interface AttemptLog {
  attempt: number;
  blocks: readonly (readonly Line[])[];
  /** How many lines there are. */
  length: number;
  /** Whether the rest is in the file alone. */
  truncated: boolean;
}

/** Whether an event is part of a log. Late output is no part of any. */
function isLog(event: EventRecord): boolean {
  if (event.effective === false || event.attempt == null) return false;
  return event.type === "output" || event.type === "output_truncated";
}

/** Reads logs from the growing list of a run's events. */
export class LogReader {
  readonly #attempts = new Map<number, AttemptReader>();

  /** The attempts that have a log, and each one's lines. */
  read(events: readonly EventRecord[]): AttemptLog[] {
    const found = new Map<number, EventRecord[]>();
    for (const event of events) {
      if (!isLog(event)) continue;
      const attempt = event.attempt ?? 0;
      const list = found.get(attempt);
      if (list === undefined) found.set(attempt, [event]);
      else list.push(event);
    }
    return [...found].sort(([a], [b]) => a - b).map(([attempt, list]) => this.#one(attempt, list));
  }

  #one(attempt: number, events: readonly EventRecord[]): AttemptLog {
    let reader = this.#attempts.get(attempt);
    if (reader === undefined || !reader.continues(events)) {
      reader = new AttemptReader();
      this.#attempts.set(attempt, reader);
    }
    reader.read(events);
    return reader.snapshot(attempt);
  }
}

const encoder = new TextEncoder();

class AttemptReader {
  readonly #screen: Screen = newScreen();
  readonly #full: (readonly Line[])[] = [];
  readonly #seen: EventRecord[] = [];
  #end = 0;
  #truncated = false;

  /** Whether these events begin with all that was read. */
  continues(events: readonly EventRecord[]): boolean {
    return this.#seen.every((seen, at) => {
      const event = events[at];
      return event?.position === seen.position && event.index === seen.index;
    });
  }

  read(events: readonly EventRecord[]): void {
    for (const event of events.slice(this.#seen.length)) {
      this.#seen.push(event);
      if (event.type === "output_truncated") this.#truncated = true;
      else this.#output(event);
    }
  }

  #output(event: EventRecord): void {
    const offset = number(event, "offset") ?? this.#end;
    const chunk = text(event, "text") ?? "";
    if (offset < this.#end) return;
    if (offset > this.#end) {
      const gap = (offset - this.#end).toLocaleString("en");
      write(this.#screen, `\n[${gap} bytes are in the file alone]\n`);
    }
    write(this.#screen, chunk);
    this.#end = offset + encoder.encode(chunk).length;
  }

  /** What was read so far. Only the last line can still change, so only it is copied. */
  snapshot(attempt: number): AttemptLog {
    const { lines } = this.#screen;
    while (lines.length - this.#full.length * BLOCK > BLOCK) {
      const start = this.#full.length * BLOCK;
      this.#full.push(lines.slice(start, start + BLOCK));
    }
    const rest: Line[] = lines.slice(this.#full.length * BLOCK);
    const last = rest.pop() ?? [];
    if (last.length > 0) rest.push(last.map((segment) => ({ ...segment })));
    const blocks = rest.length > 0 ? [...this.#full, rest] : [...this.#full];
    const length = this.#full.length * BLOCK + rest.length;
    return { attempt, blocks, length, truncated: this.#truncated };
  }
}
