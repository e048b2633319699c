// What the holder of a grant has typed, on its way to the terminal. Pure: pieces of at most 4 KiB in
// order, each with its number; what was not confirmed is sent again after a lost connection, under
// the same number, so that the gate types nothing twice.
import type { Shown, Wish } from "../api/frames";
import type { TerminalGate } from "../api/types";

/** What one is given with the right to type. The key opens the gate and stays in memory. */
export interface Grant {
  id: string;
  fence: number;
  key: string;
}

export interface Piece {
  seq: number;
  bytes: Uint8Array;
}

export interface Typing {
  grant: Grant;
  nextSeq: number;
  /** Sent, and neither accepted nor refused yet, in order. */
  sent: Piece[];
  /** Not sent yet, in order. */
  waiting: Uint8Array[];
  /** Why the last input was not taken, for a person. */
  refusal: string | null;
}

/** The most bytes of input in one frame. */
export const MAX_INPUT = 4 << 10;
/** So many pieces may be on their way: a large paste goes no faster than it is typed. */
export const IN_FLIGHT = 4;
/** So many bytes may wait; more is no typing. */
export const MOST_WAITING = 1 << 20;

export function begin(grant: Grant): Typing {
  return { grant, nextSeq: 1, sent: [], waiting: [], refusal: null };
}

/** Takes in what was typed. Null when too much waits already. */
export function typed(now: Typing, bytes: Uint8Array): Typing | null {
  const waits = now.waiting.reduce((sum, each) => sum + each.length, 0);
  if (waits + bytes.length > MOST_WAITING) return null;
  return { ...now, waiting: [...now.waiting, ...pieces(bytes)] };
}

/** Cuts at 4 KiB, and not inside a character. */
export function pieces(bytes: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(at + MAX_INPUT, bytes.length);
    while (end < bytes.length && end > at + 1 && continues(bytes[end])) end -= 1;
    out.push(bytes.subarray(at, end));
    at = end;
  }
  return out;
}

/** Whether a byte continues a character of UTF-8. */
function continues(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** What may be sent now. */
export function due(now: Typing): [Typing, Wish[]] {
  const wishes: Wish[] = [];
  const sent = [...now.sent];
  const waiting = [...now.waiting];
  let { nextSeq } = now;
  while (sent.length < IN_FLIGHT) {
    const bytes = waiting.shift();
    if (bytes === undefined) break;
    const piece = { seq: nextSeq, bytes };
    nextSeq += 1;
    sent.push(piece);
    wishes.push(input(now.grant, piece));
  }
  return [{ ...now, sent, waiting, nextSeq }, wishes];
}

/** What is sent again over a new connection. */
export function again(now: Typing): Wish[] {
  return now.sent.map((piece) => input(now.grant, piece));
}

function input(grant: Grant, { seq, bytes }: Piece): Wish {
  return { type: "input", grant: grant.id, fence: grant.fence, seq, bytes };
}

/** Hears what became of inputs. A frame about something else changes nothing. */
export function answered(now: Typing, frame: Shown): Typing {
  if (frame.type === "writer") return renewed(now, frame.gate);
  if (frame.type === "hello") return renewed(now, frame.hello.gate);
  if (frame.type === "accepted" && frame.grant === now.grant.id) {
    return { ...now, sent: now.sent.filter(({ seq }) => seq > frame.seq) };
  }
  if (frame.type === "refused" && isOurs(now, frame.refused.grant ?? null)) {
    const { seq, reason } = frame.refused;
    // What comes after a lost piece is not to be typed without it.
    const sent = seq == null ? now.sent : now.sent.filter((piece) => piece.seq < seq);
    return { ...now, sent, waiting: [], refusal: reason };
  }
  return now;
}

/** More time for a grant comes with a higher fence, under which one types from then on. */
function renewed(now: Typing, { writer, fence }: TerminalGate): Typing {
  const raised = writer?.grant === now.grant.id && (fence ?? 0) > now.grant.fence;
  return raised ? { ...now, grant: { ...now.grant, fence: fence ?? 0 } } : now;
}

function isOurs(now: Typing, grant: string | null): boolean {
  return grant === null || grant === now.grant.id;
}
