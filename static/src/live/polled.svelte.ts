// Something that no stream tells of, read again and again while somebody looks.
import { toApiError, type Answer, type ApiError } from "../api/client";
import { clock } from "./clock.svelte";

export class Polled<T> {
  value = $state.raw<T | null>(null);
  /** When the value was read, by the page's clock. */
  readAt = $state(0);
  error = $state.raw<ApiError | null>(null);

  readonly #read: (signal: AbortSignal) => Promise<Answer<T>>;
  readonly #stop = new AbortController();
  /** Answers may overtake each other: only the last question's counts. */
  #asked = 0;

  constructor(read: (signal: AbortSignal) => Promise<Answer<T>>, everyMs: number) {
    this.#read = read;
    void this.refresh();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.refresh();
    }, everyMs);
    this.#stop.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Reads it again, now. */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const { body } = await this.#read(this.#stop.signal);
      if (asked !== this.#asked || this.#stop.signal.aborted) return;
      this.value = body;
      this.readAt = clock.read();
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked || this.#stop.signal.aborted) return;
      this.error = toApiError(thrown);
    }
  }

  close(): void {
    this.#stop.abort();
  }
}
