// The runs list, live: the server's pages, with what the stream says folded in at once and read
// again shortly after.
import { getRun, listRuns, toApiError, type ApiError } from "../api/client";
import type { EventRecord } from "../api/types";
import { writeFilters, type Filters } from "../state/filters";
import { append, hear, refresh, replace, touches, type RunList } from "../state/list";
import { debounce } from "./debounce";
import { followFleet } from "./fleet";
import { health } from "./health.svelte";
import { session } from "./session.svelte";

const PAGE = 50;
const MOST = 200;
const BEHIND_MS = 700;
const FAILED_MS = 2_000;
const REREAD_MS = 30_000;

export class LiveRuns {
  list = $state.raw<RunList | null>(null);
  error = $state.raw<ApiError | null>(null);
  loadingOlder = $state(false);
  /** The pool names that were seen, to choose from. */
  pools = $state.raw<string[]>([]);

  readonly #filters: Filters;
  readonly #stop = new AbortController();
  readonly #reread = debounce(() => void this.#read(), 250, 1_000);
  readonly #touched = new Set<string>();
  #heard = 0;

  constructor(filters: Filters) {
    this.#filters = filters;
    const close = followFleet({
      event: (event) => this.#hear(event),
      broken: () => void session.ask(),
      status: (status) => {
        health.stream = status;
        // Subscribed first, read second: nothing falls between.
        if (status === "live") this.#reread.call();
      },
      history: (delayed) => {
        health.note("stream", delayed);
        if (!delayed) this.#reread.call();
      },
    });
    const timer = setInterval(() => this.#reread.call(), REREAD_MS);
    this.#stop.signal.addEventListener("abort", () => {
      close();
      clearInterval(timer);
      this.#reread.cancel();
      health.leave();
    });
    void this.#read();
  }

  close(): void {
    this.#stop.abort();
  }

  /** Reads the list again, now. */
  retry(): void {
    void this.#read();
  }

  async older(): Promise<void> {
    const cursor = this.list?.nextCursor;
    if (cursor == null || this.loadingOlder) return;
    this.loadingOlder = true;
    try {
      const { body } = await listRuns(this.#query(PAGE, cursor), this.#stop.signal);
      if (this.list !== null) this.list = append(this.list, body);
      this.#notePools();
    } catch (thrown) {
      this.#failed(thrown);
    } finally {
      this.loadingOlder = false;
    }
  }

  #hear(event: EventRecord): void {
    if (!touches(event)) return;
    this.#heard = Math.max(this.#heard, event.position);
    this.#touched.add(event.runId);
    if (this.list !== null) this.list = hear(this.list, event);
    this.#reread.call();
  }

  #query(limit: number, cursor?: string): URLSearchParams {
    const query = writeFilters(this.#filters);
    query.set("limit", String(limit));
    if (cursor !== undefined) query.set("cursor", cursor);
    return query;
  }

  async #read(): Promise<void> {
    const touched = [...this.#touched];
    this.#touched.clear();
    const loaded = Math.ceil((this.list?.rows.length ?? 1) / PAGE) * PAGE;
    const limit = Math.min(Math.max(loaded, PAGE), MOST);
    try {
      const { body, meta } = await listRuns(this.#query(limit), this.#stop.signal);
      this.list = refresh(this.list, body);
      this.error = null;
      this.#notePools();
      const fresh = new Set(body.runs.map((run) => run.id));
      await this.#readOlder(touched.filter((id) => !fresh.has(id)));
      const behind = meta.historyPosition !== null && meta.historyPosition < this.#heard;
      health.note("news", behind);
      if (behind) this.#later(BEHIND_MS);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** Runs further down the list than one page reaches. */
  async #readOlder(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.list?.rows.some((row) => row.id === id) !== true) continue;
      const { body } = await getRun(id, this.#stop.signal);
      this.list = replace(this.list, body, this.#filters);
    }
  }

  #notePools(): void {
    const names = new Set(this.pools);
    for (const run of this.list?.rows ?? []) names.add(run.request.pool ?? "default");
    this.pools = [...names].sort();
  }

  #failed(thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.error = toApiError(thrown);
    this.#later(FAILED_MS);
  }

  #later(delay: number): void {
    setTimeout(() => {
      if (!this.#stop.signal.aborted) this.#reread.call();
    }, delay);
  }
}
