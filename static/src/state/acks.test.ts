import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Acks, EVERY_BYTES, EVERY_MS } from "./acks";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("acknowledgements", () => {
  it("come each 64 KiB, or 50 ms after something was drawn, and say the last", () => {
    const sent: number[] = [];
    const acks = new Acks((offset) => sent.push(offset));
    acks.restart(100);
    acks.drawn(150);
    acks.drawn(160);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(EVERY_MS);
    expect(sent).toEqual([160]);
    acks.drawn(160 + EVERY_BYTES);
    expect(sent).toEqual([160, 160 + EVERY_BYTES]);
    vi.advanceTimersByTime(10 * EVERY_MS);
    expect(sent).toHaveLength(2);
  });

  it("stop with the connection", () => {
    const sent: number[] = [];
    const acks = new Acks((offset) => sent.push(offset));
    acks.drawn(5);
    acks.stop();
    vi.advanceTimersByTime(10 * EVERY_MS);
    expect(sent).toEqual([]);
  });
});
