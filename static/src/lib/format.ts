// Figures in words. Pure: the present is handed in.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `320 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < SECOND) return `${String(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${String(Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return pair(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return pair(ms, HOUR, "h", MINUTE, "min");
  return pair(ms, DAY, "d", HOUR, "h");
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const head = `${String(Math.floor(ms / big))} ${bigName}`;
  return rest === 0 ? head : `${head} ${String(rest)} ${smallName}`;
}

/** As `duration`, in whole seconds: for figures that tick. */
export function ticking(milliseconds: number): string {
  if (milliseconds < SECOND) return "0 s";
  return duration(
    milliseconds < MINUTE ? Math.floor(milliseconds / SECOND) * SECOND : milliseconds,
  ).replace(".0 s", " s");
}

/** `just now`, `12 s ago`, `5 min ago`, `in 8 s`; days after a week, as a date. */
export function relative(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < SECOND) return "just now";
  if (ms > 7 * DAY) return new Date(at).toLocaleDateString();
  const words = coarse(Math.abs(ms));
  return ms < 0 ? `in ${words}` : `${words} ago`;
}

function coarse(ms: number): string {
  if (ms < MINUTE) return `${String(Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${String(Math.floor(ms / MINUTE))} min`;
  if (ms < DAY) return `${String(Math.floor(ms / HOUR))} h`;
  return `${String(Math.floor(ms / DAY))} d`;
}

/** The instant to the second, in the reader's zone, with the zone named. */
export function absolute(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const words = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  return `${words} (${date.toISOString()})`;
}

/** The time of day to the second, in the reader's zone. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}

/** `812 B`, `1.4 KiB`, `3.0 MiB`. */
export function bytes(count: number): string {
  if (count < 1_024) return `${String(count)} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = count / 1_024;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** A repository as a row shows it: a URL without scheme, credentials and `.git`; a path as it is. */
export function repositoryName(url: string): string {
  if (url.startsWith("/")) return url;
  return url
    .replace(/^[a-z+]+:\/\//i, "")
    .replace(/^[^/@]*@/, "")
    .replace(/\.git\/?$/, "");
}

/** When a UUID of version 7 was made, in milliseconds since 1970; null for other ids. */
export function madeAt(id: string): number | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/i.test(id)) return null;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** A text as it begins a line. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A message as a sentence: the server's begin small, to be read on after something else. */
export function sentence(message: string): string {
  const full = capital(message);
  return /[.!?:…]$/.test(full) ? full : `${full}.`;
}

/** Whether an address that somebody else wrote is safe to be a link. */
export function isWebAddress(address: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}
