import { describe, expect, it, vi } from "vitest";

import { Gate } from "./gate";

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
}

describe("the gate", () => {
  it("lets everybody pass until it is closed, and again when it is opened", async () => {
    const gate = new Gate();
    await gate.passed(null);
    const closed = vi.fn();
    gate.onClose(closed);
    gate.close();
    gate.close();
    expect(closed).toHaveBeenCalledTimes(2);
    const passed = vi.fn();
    void gate.passed(null).then(passed);
    await turns();
    expect(passed).not.toHaveBeenCalled();
    gate.open();
    await turns();
    expect(passed).toHaveBeenCalledOnce();
    await gate.passed(null);
  });

  it("keeps nobody who gave up", async () => {
    const gate = new Gate();
    gate.close();
    const stop = new AbortController();
    const waiting = gate.passed(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow("nobody waits");
    await expect(gate.passed(stop.signal)).rejects.toThrow("nobody waits");
  });
});
