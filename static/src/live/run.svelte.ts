// One run, live: history up to a position, then the stream from there, both folded the same way.
// What the recorder has not written yet is shown at once and read again until it is settled.
import {
  getArtifacts,
  getEvents,
  getRun,
  getWorkers,
  isHistoryGone,
  toApiError,
  type ApiError,
} from "../api/client";
import { openStream } from "../api/stream";
import type { ArtifactInfo, EventRecord, TaskRun } from "../api/types";
import { madeAt } from "../lib/format";
import { EMPTY, take, unsettledAfter, type History } from "../state/history";
import { foldRun, isTerminal } from "../state/run";
import { clock } from "./clock.svelte";
import { debounce } from "./debounce";
import { health } from "./health.svelte";
import { session } from "./session.svelte";

/** How often the evidence of a held run is read again. */
const EVIDENCE_MS = 3_000;
const RETRY_MS = 1_500;
const BURST_MS = 50;
/** A run that was submitted this lately may not be on record yet. */
const FRESH_MS = 60_000;

/** A sign of life of a run's holder, with times by the page's clock. */
export interface Evidence {
  /** The attempt that it speaks for. */
  attempt: number;
  /** When the holder was heard; null if it never was. */
  heardAt: number | null;
  /** When the server was asked about it. */
  askedAt: number;
}

export class LiveRun {
  readonly id: string;
  /** As the server last told it. */
  base = $state.raw<TaskRun | null>(null);
  /** When the holder was heard last, as far as we know. */
  evidence = $state.raw<Evidence | null>(null);
  history = $state.raw<History>(EMPTY);
  /** Whether the history was read to its end once. */
  loaded = $state(false);
  artifacts = $state.raw<ArtifactInfo[] | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** The run is not there, and is not too young to be there. */
  missing = $state(false);
  /** The run as it stands, with events that the server's answer did not know. */
  run = $derived(this.base === null ? null : foldRun(this.base, this.history.events));

  readonly #stop = new AbortController();
  readonly #settle = debounce(() => void this.#settleNow(), 300, 1_000);
  readonly #rereadFiles = debounce(() => void this.#readFiles(), 400, 2_000);
  #pending: EventRecord[] = [];
  #flush: ReturnType<typeof setTimeout> | null = null;

  constructor(id: string) {
    this.id = id;
    const timer = setInterval(() => this.#readEvidence(), EVIDENCE_MS);
    this.#onStop(() => {
      clearInterval(timer);
      this.#settle.cancel();
      this.#rereadFiles.cancel();
      if (this.#flush !== null) clearTimeout(this.#flush);
      health.leave();
    });
    void this.#start();
  }

  close(): void {
    this.#stop.abort();
  }

  /** Reads the run again, now: after a command, for instance. */
  refresh(): void {
    this.#settle.call();
  }

  #onStop(action: () => void): void {
    this.#stop.signal.addEventListener("abort", action);
  }

  async #start(): Promise<void> {
    try {
      await this.#readRun();
      const position = await this.#readEvents(0);
      this.loaded = true;
      this.error = null;
      this.#follow(position);
      await this.#readFiles();
    } catch (thrown) {
      this.#startFailed(thrown);
    }
  }

  #startFailed(thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const error = toApiError(thrown);
    const made = madeAt(this.id);
    const young = made !== null && clock.read() - made < FRESH_MS;
    if ((error.status === 404 && !young) || error.status === 422 || error.status === 400) {
      this.missing = true;
      return;
    }
    this.error = error;
    this.#later(() => void this.#start(), RETRY_MS);
  }

  #later(action: () => void, delay: number): void {
    setTimeout(() => {
      if (!this.#stop.signal.aborted) action();
    }, delay);
  }

  #follow(position: number): void {
    const path = `/api/task-runs/${encodeURIComponent(this.id)}/events/stream`;
    const close = openStream(
      path,
      { after: position },
      {
        event: (event) => this.#hear(event),
        broken: () => void session.ask(),
        status: (status) => {
          health.stream = status;
          if (status === "live") this.#settle.call();
        },
        history: (delayed) => {
          health.note("stream", delayed);
          if (!delayed) this.#settle.call();
        },
      },
    );
    this.#onStop(close);
  }

  /** Output comes in bursts: what arrives within three frames is folded together. */
  #hear(event: EventRecord): void {
    this.#pending.push(event);
    if (event.type === "artifact_stored" || event.type === "patch_written")
      this.#rereadFiles.call();
    this.#flush ??= setTimeout(() => {
      this.#flush = null;
      const news = this.#pending;
      this.#pending = [];
      this.history = take(this.history, news);
      this.#settle.call();
    }, BURST_MS);
  }

  async #readRun(): Promise<void> {
    const { body } = await getRun(this.id, this.#stop.signal);
    if (this.base !== null && body.position < this.base.position) return;
    this.base = body;
    if (body.lease != null) this.#noteBeat(body.lease.attempt, body.lease.beatAgeMs ?? null);
  }

  #noteBeat(attempt: number, ageMs: number | null): void {
    const askedAt = clock.read();
    this.evidence = { attempt, heardAt: ageMs === null ? null : askedAt - ageMs, askedAt };
  }

  /** The same from the beats themselves, which need no history. */
  async #readBeats(): Promise<void> {
    const { body } = await getWorkers(this.#stop.signal);
    for (const worker of body.workers) {
      const held = worker.runs.find((each) => each.id === this.id);
      if (held !== undefined) this.#noteBeat(held.attempt, worker.beatAgeMs);
    }
  }

  /** Reads events on from a position. Returns the position after the last. */
  async #readEvents(from: number): Promise<number> {
    let after = from;
    const read: EventRecord[] = [];
    for (;;) {
      const { body } = await getEvents(this.id, after, this.#stop.signal);
      read.push(...body.events);
      after = Math.max(after, body.nextAfter);
      if (!body.hasMore) break;
    }
    this.history = take(this.history, read);
    return after;
  }

  async #settleNow(): Promise<void> {
    try {
      const after = unsettledAfter(this.history);
      if (after !== null) await this.#readEvents(after);
      await this.#readRun();
      this.error = null;
      const unsettled = unsettledAfter(this.history) !== null;
      health.note("news", unsettled);
      if (unsettled) this.#later(() => this.#settle.call(), RETRY_MS);
      else if (isTerminal(this.base?.state ?? "")) this.#rereadFiles.call();
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      this.error = toApiError(thrown);
      this.#later(() => this.#settle.call(), RETRY_MS);
      if (isHistoryGone(this.error)) await this.#readBeats().catch(() => undefined);
    }
  }

  #readEvidence(): void {
    if (document.visibilityState === "hidden") return;
    if (this.run?.lease != null || this.run?.state === "queued") this.#settle.call();
  }

  async #readFiles(): Promise<void> {
    try {
      const { body } = await getArtifacts(this.id, this.#stop.signal);
      this.artifacts = body.artifacts;
    } catch {
      if (!this.#stop.signal.aborted) this.#later(() => this.#rereadFiles.call(), RETRY_MS);
    }
  }
}
