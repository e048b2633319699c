// Requests for a person over the fleet, live: the server's pages, with what the stream says folded in
// at once and read again shortly after.
import { listHelp } from "../api/control";
import { toApiError, type ApiError } from "../api/client";
import type { EventRecord } from "../api/types";
import { append, fromPage, hear, touches, type Inbox } from "../state/help";
import { debounce } from "./debounce";
import { followFleet } from "./fleet";
import { health } from "./health.svelte";
import { session } from "./session.svelte";

const PAGE = 50;
const MOST = 200;
const BEHIND_MS = 700;
const FAILED_MS = 2_000;
const REREAD_MS = 30_000;

/** Follows the stream and asks again when something may have changed. */
class Reader {
  readonly stop = new AbortController();
  readonly #again: ReturnType<typeof debounce>;

  constructor(read: () => void, hear: (event: EventRecord) => void, shown: boolean) {
    this.#again = debounce(read, 250, 1_000);
    const close = followFleet({
      event: (event) => {
        if (!touches(event)) return;
        hear(event);
        this.soon();
      },
      broken: () => void session.ask(),
      status: (status) => {
        if (shown) health.stream = status;
        // Subscribed first, read second: nothing falls between.
        if (status === "live") this.soon();
      },
      history: (delayed) => {
        if (!delayed) this.soon();
      },
    });
    const timer = setInterval(() => this.soon(), REREAD_MS);
    this.stop.signal.addEventListener("abort", () => {
      close();
      clearInterval(timer);
      this.#again.cancel();
      if (shown) health.leave();
    });
  }

  soon(): void {
    this.#again.call();
  }

  later(delay: number): void {
    setTimeout(() => {
      if (!this.stop.signal.aborted) this.soon();
    }, delay);
  }
}

/** How many requests are open: all that the header shows. */
export class OpenHelp {
  open = $state<number | null>(null);
  readonly #reader: Reader;

  constructor() {
    this.#reader = new Reader(
      () => void this.#read(),
      () => undefined,
      false,
    );
    void this.#read();
  }

  close(): void {
    this.#reader.stop.abort();
  }

  async #read(): Promise<void> {
    const query = new URLSearchParams({ state: "open", limit: "1" });
    try {
      const { body } = await listHelp(query, this.#reader.stop.signal);
      this.open = body.open;
    } catch {
      // What cannot be told is not shown; the views say why.
      this.open = null;
      this.#reader.later(REREAD_MS);
    }
  }
}

export class LiveInbox {
  inbox = $state.raw<Inbox | null>(null);
  error = $state.raw<ApiError | null>(null);
  loadingMore = $state(false);

  readonly #filters: URLSearchParams;
  readonly #reader: Reader;
  /** What was heard and may not be on record yet. */
  #heard: EventRecord[] = [];

  constructor(filters: URLSearchParams) {
    this.#filters = filters;
    this.#reader = new Reader(
      () => void this.#read(),
      (event) => this.#hear(event),
      true,
    );
    void this.#read();
  }

  close(): void {
    this.#reader.stop.abort();
  }

  /** Reads the list again, now. */
  refresh(): void {
    void this.#read();
  }

  change(by: (inbox: Inbox) => Inbox): void {
    if (this.inbox !== null) this.inbox = by(this.inbox);
  }

  async more(): Promise<void> {
    const cursor = this.inbox?.nextCursor;
    if (cursor == null || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const { body } = await listHelp(this.#query(PAGE, cursor), this.#reader.stop.signal);
      this.change((inbox) => append(inbox, body));
    } catch (thrown) {
      this.#failed(thrown);
    } finally {
      this.loadingMore = false;
    }
  }

  #query(limit: number, cursor?: string): URLSearchParams {
    const query = new URLSearchParams(this.#filters);
    query.set("limit", String(limit));
    if (cursor !== undefined) query.set("cursor", cursor);
    return query;
  }

  #hear(event: EventRecord): void {
    this.#heard.push(event);
    this.change((inbox) => hear(inbox, event));
  }

  async #read(): Promise<void> {
    const loaded = Math.ceil((this.inbox?.requests.length ?? 1) / PAGE) * PAGE;
    const limit = Math.min(Math.max(loaded, PAGE), MOST);
    try {
      const { body, meta } = await listHelp(this.#query(limit), this.#reader.stop.signal);
      const known = meta.historyPosition ?? Number.POSITIVE_INFINITY;
      this.#heard = this.#heard.filter(({ position }) => position > known);
      this.inbox = this.#heard.reduce(hear, fromPage(body));
      this.error = null;
      if (this.#heard.length > 0) this.#reader.later(BEHIND_MS);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): void {
    if (this.#reader.stop.signal.aborted) return;
    this.error = toApiError(thrown);
    this.#reader.later(FAILED_MS);
  }
}
