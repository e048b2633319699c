// Reads fields of an event's `data`, which any version of a worker may have written: a field
// that is missing or of another type is null, never a crash.
import type { EventRecord } from "../api/types";

function field(record: EventRecord, name: string): unknown {
  const data: unknown = record.data;
  if (typeof data !== "object" || data === null) return null;
  return (data as Record<string, unknown>)[name] ?? null;
}

export function text(record: EventRecord, name: string): string | null {
  const value = field(record, name);
  return typeof value === "string" ? value : null;
}

export function number(record: EventRecord, name: string): number | null {
  const value = field(record, name);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function flag(record: EventRecord, name: string): boolean {
  return field(record, name) === true;
}

/** An object of the event's own; an empty one if there is none. */
export function under(record: EventRecord, name: string): Record<string, unknown> {
  const value = field(record, name);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function objects(record: EventRecord, name: string): Record<string, unknown>[] {
  const value = field(record, name);
  const isObject = (item: unknown): item is Record<string, unknown> =>
    typeof item === "object" && item !== null;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function texts(record: EventRecord, name: string): string[] {
  const value = field(record, name);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
