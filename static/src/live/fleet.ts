// The stream of everything that happens, opened once however many parts of the page follow it:
// browsers allow few connections a host.
import { openStream, type StreamHandlers, type StreamStatus } from "../api/stream";

const followers = new Set<StreamHandlers>();
let close: (() => void) | null = null;
let known: StreamStatus = "connecting";

function each(tell: (handlers: StreamHandlers) => void): void {
  for (const handlers of [...followers]) tell(handlers);
}

/** Follows the fleet from now on. Returns the way to stop. */
export function followFleet(handlers: StreamHandlers): () => void {
  followers.add(handlers);
  if (close === null) open();
  else handlers.status(known);
  return () => {
    followers.delete(handlers);
    if (followers.size > 0) return;
    close?.();
    close = null;
  };
}

function open(): void {
  close = openStream("/api/events/stream", "now", {
    event: (record) => each((handlers) => handlers.event(record)),
    status: (status) => {
      known = status;
      each((handlers) => handlers.status(status));
    },
    history: (delayed) => each((handlers) => handlers.history(delayed)),
    broken: () => each((handlers) => handlers.broken()),
  });
}
