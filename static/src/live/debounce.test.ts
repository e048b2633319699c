import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { debounce } from "./debounce";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("debounce", () => {
  it("acts once after a burst", () => {
    const action = vi.fn();
    const { call } = debounce(action, 100, 1_000);
    for (let i = 0; i < 5; i += 1) {
      call();
      vi.advanceTimersByTime(50);
    }
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(action).toHaveBeenCalledOnce();
  });

  it("acts in the middle of a burst that does not end", () => {
    const action = vi.fn();
    const { call } = debounce(action, 100, 1_000);
    for (let i = 0; i < 60; i += 1) {
      call();
      vi.advanceTimersByTime(50);
    }
    expect(action.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  it("can be called off", () => {
    const action = vi.fn();
    const { call, cancel } = debounce(action, 100, 1_000);
    call();
    cancel();
    vi.advanceTimersByTime(2_000);
    expect(action).not.toHaveBeenCalled();
  });
});
