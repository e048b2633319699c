// A terminal's frames and their bytes: what goes over the WebSocket. A frame is a head of 12 bytes
// (type, flags, two bytes of zero, an offset of 8 bytes, little endian) and a payload to its end.
// The other side of it is crates/wire/src/terminal; both are held by the same golden bytes.
import type {
  TerminalExit,
  TerminalGate,
  TerminalHello,
  TerminalRefused,
  TerminalRun,
  TerminalSaid,
  TerminalSubscribe,
} from "./types";

/** The WebSocket subprotocol. */
export const SUBPROTOCOL = "baton.term.v1";
/** How long a frame's head is, in bytes. */
export const HEAD = 12;

export interface Size {
  cols: number;
  rows: number;
}

/** What the API sends. Offsets count the bytes that the terminal has shown since its epoch began. */
export type Shown =
  | { type: "hello"; hello: TerminalHello }
  | { type: "snapshot"; offset: number; size: Size; dump: Uint8Array }
  | { type: "output"; offset: number; bytes: Uint8Array }
  | { type: "size"; offset: number; size: Size }
  | { type: "state"; state: TerminalRun }
  | { type: "writer"; offset: number; gate: TerminalGate }
  | { type: "said"; said: TerminalSaid }
  | { type: "exit"; offset: number; exit: TerminalExit }
  | { type: "gap"; from: number; to: number }
  | { type: "accepted"; offset: number; grant: string; seq: number }
  | { type: "refused"; refused: TerminalRefused }
  | { type: "pong"; bytes: Uint8Array }
  /** A frame of a later version: passed over. */
  | { type: "unknown"; kind: number };

/** What a page sends. */
export type Wish =
  | { type: "subscribe"; subscribe: TerminalSubscribe }
  | { type: "ack"; offset: number }
  | { type: "input"; grant: string; fence: number; seq: number; bytes: Uint8Array }
  | { type: "resize"; grant: string; fence: number; size: Size }
  | { type: "ping"; bytes: Uint8Array };

const KIND = { subscribe: 65, ack: 66, input: 67, resize: 68, ping: 70 } as const;

/** Bytes that are no frame. */
export class FrameError extends Error {}

/** Reads a frame. Output and dumps share the bytes that were handed in. */
export function decode(bytes: Uint8Array): Shown {
  if (bytes.length < HEAD) {
    throw new FrameError(
      `a frame of ${String(bytes.length)} bytes is shorter than its head of ${String(HEAD)}`,
    );
  }
  const reader = new Reader(bytes);
  const kind = reader.u8();
  reader.skip(3);
  const offset = reader.u64();
  try {
    return payload(kind, offset, reader);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new FrameError(`a frame of type ${String(kind)} cannot be read: ${why}`);
  }
}

function payload(kind: number, offset: number, rest: Reader): Shown {
  switch (kind) {
    case 1:
      return { type: "hello", hello: rest.json() };
    case 2:
      return { type: "snapshot", offset, size: rest.size(), dump: rest.bytes() };
    case 3:
      return { type: "output", offset, bytes: rest.bytes() };
    case 4:
      return { type: "size", offset, size: rest.size() };
    case 5:
      return { type: "state", state: rest.json() };
    case 6:
      return { type: "writer", offset, gate: rest.json() };
    case 7:
      return { type: "said", said: rest.json() };
    case 8:
      return { type: "exit", offset, exit: rest.json() };
    case 9:
      return { type: "gap", from: offset, to: rest.u64() };
    case 10:
      return { type: "accepted", offset, grant: rest.uuid(), seq: rest.u64() };
    case 11:
      return { type: "refused", refused: rest.json() };
    case 12:
      return { type: "pong", bytes: rest.bytes() };
    default:
      return { type: "unknown", kind };
  }
}

/** The frame's bytes. */
export function encode(wish: Wish): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  switch (wish.type) {
    case "subscribe":
      out.head(KIND.subscribe, 0);
      out.bytes(new TextEncoder().encode(JSON.stringify(wish.subscribe)));
      break;
    case "ack":
      out.head(KIND.ack, wish.offset);
      break;
    case "input":
      out.head(KIND.input, 0);
      out.uuid(wish.grant);
      out.u64(wish.fence);
      out.u64(wish.seq);
      out.bytes(wish.bytes);
      break;
    case "resize":
      out.head(KIND.resize, 0);
      out.uuid(wish.grant);
      out.u64(wish.fence);
      out.u16(wish.size.cols);
      out.u16(wish.size.rows);
      break;
    case "ping":
      out.head(KIND.ping, 0);
      out.bytes(wish.bytes);
      break;
  }
  return out.finish();
}

class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(count: number): void {
    this.#at += count;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** No terminal shows 8 PiB: a number holds every offset exactly. */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#take(8), true));
    if (!Number.isSafeInteger(value)) throw new FrameError("a number is out of range");
    return value;
  }

  size(): Size {
    const cols = this.#view.getUint16(this.#take(2), true);
    const rows = this.#view.getUint16(this.#take(2), true);
    if (cols < 2 || rows < 2) {
      throw new FrameError(`a terminal of ${String(cols)}x${String(rows)} cannot be drawn`);
    }
    return { cols, rows };
  }

  uuid(): string {
    const at = this.#take(16);
    const hex = Array.from(this.#bytes.subarray(at, at + 16), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  json<T>(): T {
    return JSON.parse(new TextDecoder().decode(this.bytes())) as T;
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new FrameError("it is cut");
    this.#at += count;
    return at;
  }
}

class Writer {
  #parts: number[] = [];
  #tail: Uint8Array = new Uint8Array();

  head(kind: number, offset: number): void {
    this.#parts.push(kind, 0, 0, 0);
    this.u64(offset);
  }

  u16(value: number): void {
    this.#parts.push(value & 0xff, (value >> 8) & 0xff);
  }

  u64(value: number): void {
    let rest = BigInt(value);
    for (let at = 0; at < 8; at += 1) {
      this.#parts.push(Number(rest & 0xffn));
      rest >>= 8n;
    }
  }

  uuid(text: string): void {
    const hex = text.replaceAll("-", "");
    if (!/^[0-9a-f]{32}$/i.test(hex)) throw new FrameError(`${text} is no id`);
    for (let at = 0; at < 32; at += 2) this.#parts.push(parseInt(hex.slice(at, at + 2), 16));
  }

  /** What reaches to the frame's end. */
  bytes(tail: Uint8Array): void {
    this.#tail = tail;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.#parts.length + this.#tail.length);
    out.set(this.#parts);
    out.set(this.#tail, this.#parts.length);
    return out;
  }
}
