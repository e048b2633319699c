import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { openStream, reopenStreams, type StreamStart } from "./stream";

/** Stands in for the browser's EventSource and remembers every one that was made. */
class FakeSource extends EventTarget {
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 0;

  constructor(readonly url: string) {
    super();
    FakeSource.all.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  say(type: string, data: unknown, lastEventId = ""): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
  }

  refuse(): void {
    this.readyState = FakeSource.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}

class FakeDocument extends EventTarget {
  visibilityState = "visible";

  show(state: string): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

let page: FakeDocument;
let opened: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
  page = new FakeDocument();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("document", page);
});

afterEach(() => {
  for (const close of opened) close();
  opened = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open(start: StreamStart) {
  const statuses: string[] = [];
  const events: unknown[] = [];
  const history: boolean[] = [];
  const broken = vi.fn();
  const close = openStream("/stream", start, {
    broken,
    event: (event) => events.push(event),
    status: (status) => statuses.push(status),
    history: (delayed) => history.push(delayed),
  });
  opened.push(close);
  return { statuses, events, history, broken, close };
}

function last(): FakeSource {
  const source = FakeSource.all.at(-1);
  if (source === undefined) throw new Error("no source was made");
  return source;
}

describe("a stream", () => {
  it("starts after a position, and tells what comes", () => {
    const { statuses, events, history } = open({ after: 7 });
    expect(last().url).toBe("/stream?after=7");
    last().dispatchEvent(new Event("open"));
    last().say("history", { delayed: true });
    last().say("run-event", { position: 9 }, "9");
    expect([statuses, events, history]).toEqual([
      ["connecting", "live"],
      [{ position: 9 }],
      [true],
    ]);
  });

  it("leaves a broken connection to the browser, which resumes it", () => {
    const { statuses } = open({ after: 7 });
    last().dispatchEvent(new Event("error"));
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.all).toHaveLength(1);
    expect(statuses.at(-1)).toBe("reconnecting");
  });

  it("comes back after a refusal, later each time, where it was", () => {
    open({ after: 7 });
    last().say("run-event", { position: 9 }, "9");
    last().refuse();
    vi.advanceTimersByTime(2_000);
    expect(last().url).toBe("/stream?after=9");
    last().refuse();
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.all).toHaveLength(2);
    vi.advanceTimersByTime(2_000);
    expect(FakeSource.all).toHaveLength(3);
  });

  it("comes back to where the server said that all was sent", () => {
    open({ after: 7 });
    last().say("history", { delayed: false }, "12");
    last().refuse();
    vi.advanceTimersByTime(2_000);
    expect(last().url).toBe("/stream?after=12");
  });

  it("stays where it was while events come without ids", () => {
    open({ after: 7 });
    last().say("run-event", { position: 9 });
    last().refuse();
    vi.advanceTimersByTime(2_000);
    expect(last().url).toBe("/stream?after=7");
  });

  it("that starts now starts anew", () => {
    open("now");
    last().say("run-event", { position: 9 }, "9");
    last().refuse();
    vi.advanceTimersByTime(2_000);
    expect(FakeSource.all.map((source) => source.url)).toEqual(["/stream", "/stream"]);
  });

  it("lets go of the connection when nobody looks for a minute", () => {
    const { statuses } = open({ after: 7 });
    const first = last();
    page.show("hidden");
    vi.advanceTimersByTime(59_000);
    expect(first.readyState).not.toBe(FakeSource.CLOSED);
    vi.advanceTimersByTime(2_000);
    expect(first.readyState).toBe(FakeSource.CLOSED);
    expect(statuses.at(-1)).toBe("resting");
    page.show("visible");
    expect(FakeSource.all).toHaveLength(2);
  });

  it("is closed for good", () => {
    const { close } = open({ after: 7 });
    last().refuse();
    close();
    page.show("hidden");
    page.show("visible");
    vi.advanceTimersByTime(600_000);
    expect(FakeSource.all).toHaveLength(1);
  });

  it("says that it broke, and is opened at once when somebody signed in", () => {
    const { broken, close } = open({ after: 7 });
    last().refuse();
    expect(broken).toHaveBeenCalledOnce();
    reopenStreams();
    expect(FakeSource.all).toHaveLength(2);
    last().readyState = FakeSource.OPEN;
    vi.advanceTimersByTime(60_000);
    reopenStreams();
    expect(FakeSource.all).toHaveLength(2);
    close();
    reopenStreams();
    expect(FakeSource.all).toHaveLength(2);
  });
});
