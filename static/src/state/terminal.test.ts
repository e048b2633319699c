import { describe, expect, it } from "vitest";

import type { Shown } from "../api/frames";
import type { TerminalHello } from "../api/types";
import {
  backoff,
  exitWords,
  FRESH,
  HIGH_WATER,
  step,
  writerLeft,
  type News,
  type Terminal,
  type Todo,
} from "./terminal";

const SIZE = { cols: 100, rows: 30 };
const bytes = (text: string) => new TextEncoder().encode(text);

function hello(epoch: number, more: Partial<TerminalHello> = {}): Shown {
  const told: TerminalHello = {
    run: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a",
    attempt: 1,
    terminal: "agent",
    epoch,
    size: SIZE,
    gate: {},
    at: "2026-11-21T08:00:00Z",
    ...more,
  };
  return { type: "hello", hello: told };
}

const snapshot = (offset: number): Shown => ({
  type: "snapshot",
  offset,
  size: SIZE,
  dump: bytes("dump"),
});
const output = (offset: number, text: string): Shown => ({
  type: "output",
  offset,
  bytes: bytes(text),
});
const frame = (shown: Shown, at = 0): News => ({ type: "frame", frame: shown, at });
const lost = (code = 1006, reason = ""): News => ({
  type: "closed",
  closed: { code, reason },
  at: 10_000,
  random: 1,
});

/** Tells all the news. Returns where it ends, and all that was to be done. */
function told(from: Terminal, ...news: News[]): [Terminal, Todo[]] {
  const done: Todo[] = [];
  let now = from;
  for (const each of news) {
    const [next, todo] = step(now, each);
    now = next;
    done.push(...todo);
  }
  return [now, done];
}

const [LIVE] = told(FRESH, { type: "opened" }, frame(hello(7)), frame(snapshot(50)));

// B-02
describe("a terminal", () => {
  it("begins without an offset and is live with its first screen", () => {
    const [now, done] = told(FRESH, { type: "opened" }, frame(hello(7)), frame(snapshot(50)));
    expect(done).toEqual([
      { do: "send", wish: { type: "subscribe", subscribe: {} } },
      { do: "resize", size: SIZE },
      { do: "show", size: SIZE, dump: bytes("dump"), offset: 50 },
    ]);
    expect(now).toMatchObject({ link: "live", epoch: 7, offset: 50, rendered: 50 });
  });

  it("takes another size and its screen in their turn, with nothing left out", () => {
    const [size, dump] = [{ cols: 60, rows: 20 }, bytes("drawn anew")];
    const [now, done] = told(
      LIVE,
      frame(output(50, "abc")),
      frame({ type: "size", offset: 53, size }),
      frame({ type: "snapshot", offset: 53, size, dump }),
      frame(output(53, "d")),
    );
    expect(done).toEqual([
      { do: "write", bytes: bytes("abc"), offset: 53 },
      { do: "resize", size },
      { do: "show", size, dump, offset: 53 },
      { do: "write", bytes: bytes("d"), offset: 54 },
    ]);
    expect(now).toMatchObject({ link: "live", size, offset: 54 });
  });

  it("goes on after what it has, without a gap and without a repetition", () => {
    const [before] = told(LIVE, frame(output(50, "abc")), lost());
    expect(before).toMatchObject({ link: "gone", offset: 53 });
    const [now, done] = told(
      before,
      { type: "opened" },
      frame(hello(7)),
      frame(output(51, "bcd")),
      frame(output(54, "e")),
    );
    expect(done[0]).toEqual({
      do: "send",
      wish: { type: "subscribe", subscribe: { epoch: 7, offset: 53 } },
    });
    expect(done.slice(1)).toEqual([
      { do: "write", bytes: bytes("d"), offset: 54 },
      { do: "write", bytes: bytes("e"), offset: 55 },
    ]);
    expect(now.link).toBe("live");
  });

  it("says when nothing was missed", () => {
    expect(told(LIVE, lost(), { type: "opened" }, frame(hello(7)))[0].link).toBe("resumed");
    expect(told(LIVE, lost(), { type: "opened" }, frame(hello(8)))[0].link).toBe("connecting");
  });

  it("forgets its offset with its epoch", () => {
    const [now, done] = told(LIVE, frame(hello(8)), frame(output(50, "of nothing known")));
    expect(now).toMatchObject({ epoch: 8, offset: null, rendered: 0 });
    expect(done).toEqual([]);
  });

  it("skips what is left out, and waits for the screen", () => {
    const gap: Shown = { type: "gap", from: 50, to: 900 };
    const [skipping, none] = told(LIVE, frame(gap), frame(output(900, "lost")));
    expect(skipping.link).toBe("skipping");
    expect(none).toEqual([]);
    expect(told(skipping, frame(snapshot(1_000)))[0]).toMatchObject({
      link: "live",
      offset: 1_000,
    });
  });

  it("starts anew at once when output went missing unsaid", () => {
    const [now, done] = told(LIVE, frame(output(51, "x")));
    expect(done).toEqual([{ do: "close" }]);
    const [gone, open] = told(now, lost(4_000));
    expect(open).toEqual([{ do: "open", afterMs: 0 }]);
    expect(told(gone, { type: "opened" })[1]).toEqual([
      { do: "send", wish: { type: "subscribe", subscribe: {} } },
    ]);
  });

  it("lets go when the browser cannot keep up, and no sooner", () => {
    const much = "x".repeat(HIGH_WATER);
    const [now, done] = told(LIVE, frame(output(50, much)), frame(output(50 + HIGH_WATER, "y")));
    expect(done.map((each) => each.do)).toEqual(["write", "close"]);
    expect(now.link).toBe("skipping");
    const drawn: News = { type: "rendered", offset: 60 };
    const [fine] = told(LIVE, frame(output(50, much)), drawn, frame(output(50 + HIGH_WATER, "y")));
    expect(fine.link).toBe("live");
  });

  it("is ended by its exit, or by a server that means it, and comes back with a new epoch", () => {
    const exit: Shown = { type: "exit", offset: 50, exit: { code: 3 } };
    const [ended, none] = told(LIVE, frame(exit), lost(1000));
    expect(ended).toMatchObject({ link: "ended", why: "Its program ended with exit code 3." });
    expect(none).toEqual([]);
    expect(told(ended, frame(snapshot(50)))[0].link).toBe("ended");
    expect(told(ended, frame(hello(9)), frame(snapshot(0)))[0].link).toBe("live");
    const [sent, done] = told(LIVE, lost(4_403, "the session was revoked"));
    expect(sent).toMatchObject({ link: "ended", why: "the session was revoked" });
    expect(done).toEqual([]);
  });

  it("comes back later and later, at most every 15 s, spread by chance", () => {
    expect([0, 1, 2, 3, 9].map((n) => backoff(n, 1))).toEqual([500, 1_000, 2_000, 4_000, 15_000]);
    expect(backoff(9, 0)).toBe(7_500);
    const [now, done] = told(LIVE, lost(), lost());
    expect(done).toEqual([
      { do: "open", afterMs: 500 },
      { do: "open", afterMs: 1_000 },
    ]);
    expect(now).toMatchObject({ failures: 2, retryAt: 11_000 });
    expect(told(now, { type: "retry" })[1]).toEqual([{ do: "open", afterMs: 0 }]);
    expect(told(now, frame(hello(7)))[0].failures).toBe(0);
  });

  it("says who may type, and counts their time down", () => {
    const writer = {
      grant: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b",
      holder: "ada",
      channel: "web",
      terminals: ["agent"],
      leftMs: 5_000,
      reason: "",
    };
    const gate: Shown = { type: "writer", offset: 50, gate: { fence: 3, writer } };
    const [now] = told(LIVE, frame(gate, 1_000));
    expect(writerLeft(now, 3_000)).toBe(3_000);
    expect(writerLeft(now, 60_000)).toBe(0);
    expect(writerLeft(LIVE, 0)).toBeNull();
  });

  it("keeps the state's parts that are not told anew", () => {
    const [now] = told(
      LIVE,
      frame({ type: "state", state: { state: "running", frozen: true } }),
      frame({ type: "state", state: { frozen: false } }),
    );
    expect(now.run).toEqual({ state: "running", frozen: false });
  });

  it("ends in words", () => {
    expect(exitWords({ code: 0 })).toContain("well");
    expect(exitWords({ signal: 9 })).toContain("signal 9");
    expect(exitWords({})).toBe("The terminal has ended.");
  });
});
