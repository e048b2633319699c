import { describe, expect, it } from "vitest";

import goldenFrames from "../../../crates/wire/golden/terminal/frames.json";
import { decode, encode, FrameError, type Shown, type Wish } from "./frames";

/** The bytes that the other side writes and reads: names and hex. */
const GOLDEN: Record<string, string> = goldenFrames;

const GRANT = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b";
const SIZE = { cols: 132, rows: 43 };

function golden(name: string): Uint8Array {
  const hex = GOLDEN[name] ?? "";
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const text = (words: string) => new TextEncoder().encode(words);

const SHOWN: Record<string, Shown> = {
  snapshot: {
    type: "snapshot",
    offset: 5_000_000_000,
    size: SIZE,
    dump: text("\x1b[2J\x1b[Hready $ "),
  },
  output: { type: "output", offset: 80_992, bytes: text("grüße\r\n") },
  size: { type: "size", offset: 80_999, size: SIZE },
  state: {
    type: "state",
    state: { state: "running", session: "ready", frozen: false, silent: true },
  },
  writer: { type: "writer", offset: 81_000, gate: { fence: 8, ended: "revoked" } },
  said: { type: "said", said: { kind: "notice", text: "paused for an operator" } },
  exit: { type: "exit", offset: 81_007, exit: { code: 3 } },
  gap: { type: "gap", from: 10, to: 4_000_000 },
  accepted: { type: "accepted", offset: 81_004, grant: GRANT, seq: 12 },
  refused: {
    type: "refused",
    refused: { seq: 13, grant: GRANT, reason: "the grant's time is over" },
  },
  pong: { type: "pong", bytes: text("1") },
};

const WISHES: Record<string, Wish> = {
  subscribe: {
    type: "subscribe",
    subscribe: {
      epoch: 1_763_712_000_123,
      offset: 81_000,
      grant: GRANT,
      writeKey: "c2VjcmV0",
    },
  },
  ack: { type: "ack", offset: 81_000 },
  input: { type: "input", grant: GRANT, fence: 7, seq: 12, bytes: text("yes\r") },
  resize: { type: "resize", grant: GRANT, fence: 7, size: SIZE },
  ping: { type: "ping", bytes: text("1") },
};

// B-02
describe("frames", () => {
  it("are all known here", () => {
    const known = ["hello", ...Object.keys(SHOWN), ...Object.keys(WISHES)];
    expect(known.sort()).toEqual(Object.keys(GOLDEN).sort());
  });

  it.each(Object.entries(SHOWN))("%s is read as it was written", (name, frame) => {
    expect(decode(golden(name))).toEqual(frame);
  });

  it.each(Object.entries(WISHES))("%s is written as it is read", (name, wish) => {
    expect(encode(wish)).toEqual(golden(name));
  });

  it("begin with a hello", () => {
    const frame = decode(golden("hello"));
    expect(frame).toMatchObject({
      type: "hello",
      hello: {
        epoch: 1_763_712_000_123,
        size: SIZE,
        gate: { fence: 7, writer: { holder: "ada", leftMs: 61_000 } },
        limits: { mayType: true, maxInput: 4_096 },
      },
    });
  });

  it("of a later version are passed over", () => {
    const bytes = golden("pong");
    bytes[0] = 200;
    expect(decode(bytes)).toEqual({ type: "unknown", kind: 200 });
  });

  it.each(["hello", "snapshot", "gap", "accepted"])("%s cut short is refused", (name) => {
    const whole = golden(name);
    for (const end of [0, 5, 11, 13]) {
      expect(() => decode(whole.subarray(0, end))).toThrow(FrameError);
    }
  });
});
