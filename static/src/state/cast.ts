// A recording: asciicast, version 3. Pure: reading it, finding one's way in it.
import type { Size } from "../api/frames";

/** Output, a size, a marker, or the end. */
export type CastCode = "o" | "r" | "m" | "x";

export interface CastEvent {
  /** Seconds from the start. */
  at: number;
  code: CastCode;
  data: string;
}

export interface Marker {
  at: number;
  label: string;
}

export interface Cast {
  size: Size;
  /** When it began, in seconds since 1970; null if it does not say. */
  began: number | null;
  events: CastEvent[];
  markers: Marker[];
  /** In seconds. */
  length: number;
  /** Lines that could not be read: a recording that is still written may end in one. */
  unread: number;
}

/** A text that is no recording. */
export class CastError extends Error {}

const CODES = new Set<string>(["o", "r", "m", "x"]);

/** Reads a recording. */
export function parseCast(text: string): Cast {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const header = readHeader(lines[0] ?? "");
  const events: CastEvent[] = [];
  let at = 0;
  let unread = 0;
  for (const line of lines.slice(1)) {
    const event = readEvent(line);
    if (event === null) {
      unread += 1;
      continue;
    }
    at += event.interval;
    if (CODES.has(event.code)) events.push({ at, code: event.code as CastCode, data: event.data });
  }
  return { ...header, events, markers: markersOf(events), length: at, unread };
}

function readHeader(line: string): { size: Size; began: number | null } {
  const header = parse(line) as {
    version?: unknown;
    timestamp?: unknown;
    term?: { cols?: unknown; rows?: unknown };
  } | null;
  if (header?.version !== 3) throw new CastError("this is no recording that can be played");
  const { cols, rows } = header.term ?? {};
  if (typeof cols !== "number" || typeof rows !== "number") {
    throw new CastError("the recording does not say how large its terminal is");
  }
  const began = typeof header.timestamp === "number" ? header.timestamp : null;
  return { size: { cols, rows }, began };
}

function readEvent(line: string): { interval: number; code: string; data: string } | null {
  const event = parse(line);
  if (!Array.isArray(event)) return null;
  const [interval, code, data] = event as unknown[];
  const good = typeof interval === "number" && interval >= 0 && typeof code === "string";
  return good ? { interval, code, data: String(data ?? "") } : null;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function markersOf(events: CastEvent[]): Marker[] {
  return events
    .filter(({ code }) => code === "m")
    .map(({ at, data }) => ({ at, label: label(data) }));
}

const WORDS: Record<string, string> = {
  paused: "Paused",
  resumed: "Resumed",
  granted: "Somebody may type",
  revoked: "Nobody may type",
  expired: "The time to type was over",
  released: "The terminal was given back",
  message: "A message to the agent",
};

/** A marker's label may be JSON for machines. */
function label(data: string): string {
  const value = parse(data) as { kind?: unknown; text?: unknown; holder?: unknown } | null;
  if (value === null || typeof value !== "object") return data === "" ? "Marker" : data;
  const kind = typeof value.kind === "string" ? value.kind : "marker";
  const words = WORDS[kind] ?? kind.replaceAll("_", " ");
  const more = [value.holder, value.text].filter((each) => typeof each === "string").join(", ");
  return more === "" ? words : `${words}: ${more}`;
}

/** The recording with no wait longer than `limit` seconds. */
export function squeezed(cast: Cast, limit: number): Cast {
  let cut = 0;
  let last = 0;
  const events = cast.events.map((event) => {
    cut += Math.max(0, event.at - last - limit);
    last = event.at;
    return { ...event, at: event.at - cut };
  });
  const tail = Math.min(cast.length - last, limit);
  return { ...cast, events, markers: markersOf(events), length: last - cut + tail };
}

/** How many events lie at or before a time. */
export function eventsUpTo(events: readonly CastEvent[], at: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The size that an event says: `132x43`. */
export function sizeOf(data: string): Size | null {
  const [, cols, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(data) ?? [];
  if (cols === undefined || rows === undefined) return null;
  const size = { cols: Number(cols), rows: Number(rows) };
  return size.cols >= 2 && size.rows >= 2 ? size : null;
}

/** The next marker in a direction; null if there is none. */
export function markerFrom(cast: Cast, at: number, back: boolean): Marker | null {
  const found = back
    ? cast.markers.findLast((marker) => marker.at < at - 1)
    : cast.markers.find((marker) => marker.at > at + 0.05);
  return found ?? null;
}
