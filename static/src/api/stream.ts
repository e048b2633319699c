// A stream of events that does not give up. EventSource resumes a broken connection by itself;
// this also resumes after a refusal, and lets go of the connection while nobody looks.
import type { EventRecord } from "./types";

export type StreamStatus = "connecting" | "live" | "reconnecting" | "resting";

export interface StreamHandlers {
  /** An event. It may come twice. */
  event: (record: EventRecord) => void;
  /** The connection's state changed. */
  status: (status: StreamStatus) => void;
  /** The server says whether its history is behind. */
  history: (delayed: boolean) => void;
  /** It broke, or was refused; EventSource does not tell which. */
  broken: () => void;
}

const reopeners = new Set<() => void>();

/** Opens at once what waits to be opened again: whatever kept it closed is over. */
export function reopenStreams(): void {
  for (const reopen of reopeners) reopen();
}

const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 15_000;
/** Browsers allow six connections a host: a forgotten tab must not hold one for ever. */
const REST_AFTER_MS = 60_000;

/** Where a stream starts: after a position, or now. One that starts now starts anew after a rest. */
export type StreamStart = { after: number } | "now";

/** Opens the stream. Returns the way to close it. */
export function openStream(path: string, start: StreamStart, handlers: StreamHandlers): () => void {
  let source: EventSource | null = null;
  let position = start === "now" ? null : start.after;
  let delay = FIRST_DELAY_MS;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let rest: ReturnType<typeof setTimeout> | undefined;

  function open(first: boolean): void {
    handlers.status(first ? "connecting" : "reconnecting");
    source = new EventSource(position === null ? path : `${path}?after=${String(position)}`);
    source.addEventListener("open", () => {
      delay = FIRST_DELAY_MS;
      handlers.status("live");
    });
    source.addEventListener("run-event", (message: MessageEvent<string>) => {
      remember(message);
      handlers.event(JSON.parse(message.data) as EventRecord);
    });
    source.addEventListener("history", (message: MessageEvent<string>) => {
      remember(message);
      handlers.history((JSON.parse(message.data) as { delayed: boolean }).delayed);
    });
    source.addEventListener("error", failed);
  }

  function remember(message: MessageEvent<string>): void {
    if (position !== null && /^\d+$/.test(message.lastEventId)) {
      position = Number(message.lastEventId);
    }
  }

  function failed(): void {
    handlers.status("reconnecting");
    handlers.broken();
    if (source?.readyState !== EventSource.CLOSED) return;
    source.close();
    retry = setTimeout(() => open(false), delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LAST_DELAY_MS);
  }

  function visibility(): void {
    clearTimeout(rest);
    if (document.visibilityState === "hidden") {
      rest = setTimeout(() => {
        clearTimeout(retry);
        source?.close();
        source = null;
        handlers.status("resting");
      }, REST_AFTER_MS);
    } else if (source === null) {
      open(false);
    }
  }

  function reopen(): void {
    if (source === null || source.readyState === EventSource.OPEN) return;
    clearTimeout(retry);
    source.close();
    delay = FIRST_DELAY_MS;
    open(false);
  }

  open(true);
  reopeners.add(reopen);
  document.addEventListener("visibilitychange", visibility);
  return () => {
    reopeners.delete(reopen);
    clearTimeout(retry);
    clearTimeout(rest);
    source?.close();
    document.removeEventListener("visibilitychange", visibility);
  };
}
