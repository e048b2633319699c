// What is known of a terminal that is watched, and what to do about each piece of news. Pure: the
// present and chance are handed in, what is to be done is handed out.
import type { Shown, Size, Wish } from "../api/frames";
import type { TerminalExit, TerminalGate, TerminalHello, TerminalRun } from "../api/types";

export type Link =
  /** Nothing was heard yet. */
  | "connecting"
  /** What is shown is what happens. */
  | "live"
  /** Too much came at once: some of it is left out, the screen as it is now follows. */
  | "skipping"
  /** The connection is lost; the screen is the last that is known. */
  | "gone"
  /** The connection is back, and nothing was missed. */
  | "resumed"
  /** Nothing follows: the terminal has ended, or we are not to watch it any more. */
  | "ended";

export interface Terminal {
  link: Link;
  hello: TerminalHello | null;
  size: Size;
  /** The life of the terminal that the offset counts in; null before the first word. */
  epoch: number | null;
  /** The next byte that we expect; null until a screen was shown. */
  offset: number | null;
  /** What xterm has parsed. */
  rendered: number;
  gate: TerminalGate;
  /** When the gate was told, by the page's clock: its time left counts from here. */
  gateAt: number;
  run: TerminalRun;
  exit: TerminalExit | null;
  /** Connections that failed one after the other. */
  failures: number;
  /** When the next connection is tried, by the page's clock; null while none is due. */
  retryAt: number | null;
  /** Why there is nothing more, or why it was lost, for a person. */
  why: string | null;
  /** The last words to whoever watches. */
  said: { kind: string; text: string; at: number }[];
}

/** How a connection ended. */
export interface Closed {
  code: number;
  reason: string;
}

export type News =
  | { type: "opened" }
  | { type: "frame"; frame: Shown; at: number }
  /** xterm has parsed everything up to here. */
  | { type: "rendered"; offset: number }
  /** A number from 0 to 1 spreads those who come back at once. */
  | { type: "closed"; closed: Closed; at: number; random: number }
  /** The time to try again has come, or somebody asks for it. */
  | { type: "retry" };

export type Todo =
  | { do: "send"; wish: Wish }
  /** Reset the terminal to this screen. */
  | { do: "show"; size: Size; dump: Uint8Array; offset: number }
  /** Write, and say when everything up to the offset is parsed. */
  | { do: "write"; bytes: Uint8Array; offset: number }
  | { do: "resize"; size: Size }
  /** Open a connection: now, or in a while. */
  | { do: "open"; afterMs: number }
  /** Close the connection: it says what makes no sense, or too much. */
  | { do: "close" };

export type Step = [Terminal, Todo[]];

export const FRESH: Terminal = {
  link: "connecting",
  hello: null,
  size: { cols: 120, rows: 40 },
  epoch: null,
  offset: null,
  rendered: 0,
  gate: {},
  gateAt: 0,
  run: {},
  exit: null,
  failures: 0,
  retryAt: null,
  why: null,
  said: [],
};

/** So much that xterm has not parsed yet is too much: we let go and start from a new screen. */
export const HIGH_WATER = 2 << 20;

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const WORDS_KEPT = 20;

/** Codes by which the server says that trying again makes no sense. */
const FINAL_FROM = 4_400;
const FINAL_TO = 4_499;
/** The server's goodbye after all was said. */
const NORMAL = 1_000;

export function step(now: Terminal, news: News): Step {
  switch (news.type) {
    case "opened":
      return [now, [{ do: "send", wish: where(now) }]];
    case "frame":
      return frame(now, news.frame, news.at);
    case "rendered":
      return [{ ...now, rendered: Math.max(now.rendered, news.offset) }, []];
    case "closed":
      return closed(now, news.closed, news.at, news.random);
    case "retry":
      return retry(now);
  }
}

/** Where to go on: after what was seen, if that is known. */
function where({ epoch, offset }: Terminal): Wish {
  const known = epoch !== null && offset !== null;
  return { type: "subscribe", subscribe: known ? { epoch, offset } : {} };
}

function retry(now: Terminal): Step {
  if (now.link !== "gone") return [now, []];
  return [{ ...now, retryAt: null }, [{ do: "open", afterMs: 0 }]];
}

function frame(now: Terminal, shown: Shown, at: number): Step {
  switch (shown.type) {
    case "hello":
      return hello(now, shown.hello, at);
    case "snapshot":
      return snapshot(now, shown);
    case "output":
      return output(now, shown.offset, shown.bytes);
    case "size":
      return [{ ...now, size: shown.size }, [{ do: "resize", size: shown.size }]];
    case "gap":
      return [{ ...now, link: "skipping", offset: null }, []];
    case "exit":
      return [{ ...now, link: "ended", exit: shown.exit, why: exitWords(shown.exit) }, []];
    case "state":
      return [{ ...now, run: { ...now.run, ...shown.state } }, []];
    case "writer":
      return [{ ...now, gate: shown.gate, gateAt: at }, []];
    case "said":
      return [{ ...now, said: [...now.said, { ...shown.said, at }].slice(-WORDS_KEPT) }, []];
    case "accepted":
    case "refused":
    case "pong":
    case "unknown":
      return [now, []];
  }
}

function hello(now: Terminal, told: TerminalHello, at: number): Step {
  const same = now.epoch === told.epoch && now.offset !== null;
  const next: Terminal = {
    ...now,
    link: same ? "resumed" : "connecting",
    hello: told,
    size: told.size,
    epoch: told.epoch,
    offset: same ? now.offset : null,
    rendered: same ? now.rendered : 0,
    gate: told.gate,
    gateAt: at,
    run: same ? now.run : {},
    exit: null,
    failures: 0,
    retryAt: null,
    why: null,
  };
  const resized = told.size.cols !== now.size.cols || told.size.rows !== now.size.rows;
  return [next, resized ? [{ do: "resize", size: told.size }] : []];
}

function snapshot(now: Terminal, shown: Extract<Shown, { type: "snapshot" }>): Step {
  const { offset, size, dump } = shown;
  const next: Terminal = { ...now, link: onward(now), size, offset, rendered: offset };
  return [next, [{ do: "show", size, dump, offset }]];
}

/** A terminal that has ended stays so, whatever is still shown of it. */
function onward(now: Terminal): Link {
  return now.exit === null ? "live" : "ended";
}

function output(now: Terminal, from: number, all: Uint8Array): Step {
  // Between a gap and its screen nothing can be placed.
  if (now.offset === null) return [now, []];
  if (from > now.offset) return lose(now, "Some output went missing on the way.");
  const bytes = all.subarray(now.offset - from);
  if (bytes.length === 0) return [{ ...now, link: onward(now) }, []];
  const offset = now.offset + bytes.length;
  if (offset - now.rendered > HIGH_WATER) return lose(now, "This browser could not keep up.");
  return [{ ...now, link: onward(now), offset }, [{ do: "write", bytes, offset }]];
}

/** Lets the connection go: the next one begins with a new screen. */
function lose(now: Terminal, why: string): Step {
  return [{ ...now, link: "skipping", offset: null, why }, [{ do: "close" }]];
}

function closed(now: Terminal, { code, reason }: Closed, at: number, random: number): Step {
  if (now.link === "ended") return [now, []];
  if (code >= FINAL_FROM && code <= FINAL_TO) {
    return [{ ...now, link: "ended", why: reason || "The server ended it." }, []];
  }
  if (code === NORMAL && now.exit !== null) return [{ ...now, link: "ended" }, []];
  const afterMs = now.link === "skipping" ? 0 : backoff(now.failures, random);
  const next: Terminal = {
    ...now,
    link: "gone",
    failures: now.failures + 1,
    retryAt: at + afterMs,
    why: reason || now.why || "The connection is lost.",
  };
  return [next, [{ do: "open", afterMs }]];
}

/** 0.5 s, doubled each time up to 15 s; between half of it and all of it. */
export function backoff(failures: number, random: number): number {
  const most = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
  return Math.round(most * (0.5 + random / 2));
}

/** How the terminal's program ended, as a sentence. */
export function exitWords(exit: TerminalExit): string {
  if (exit.signal != null) return `Its program was ended by signal ${String(exit.signal)}.`;
  if (exit.code == null) return "The terminal has ended.";
  return exit.code === 0
    ? "Its program ended well."
    : `Its program ended with exit code ${String(exit.code)}.`;
}

/** Milliseconds that the one who types has left; null when nobody may type. */
export function writerLeft({ gate, gateAt }: Terminal, now: number): number | null {
  return gate.writer == null ? null : Math.max(0, gate.writer.leftMs - (now - gateAt));
}
