// What is said between operators and the agent of one run: messages to it, and what it asks. Read
// when something happened; in between, the run's own events tell.
import { listHelp, listMessages } from "../api/control";
import { toApiError, type ApiError } from "../api/client";
import type { HelpRequest, OperatorMessage } from "../api/types";

const RETRY_MS = 2_000;

export class Talk {
  messages = $state.raw<OperatorMessage[]>([]);
  help = $state.raw<HelpRequest[]>([]);
  error = $state.raw<ApiError | null>(null);

  readonly #id: string;
  readonly #stop = new AbortController();
  /** Answers may overtake each other: only the last question's counts. */
  #asked = 0;

  constructor(id: string) {
    this.#id = id;
  }

  close(): void {
    this.#stop.abort();
  }

  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const [messages, help] = await Promise.all([this.#readMessages(), this.#readHelp()]);
      if (asked !== this.#asked || this.#stop.signal.aborted) return;
      this.messages = messages;
      this.help = help;
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked || this.#stop.signal.aborted) return;
      const error = toApiError(thrown);
      // A run that was just submitted is not on record yet.
      if (error.status !== 404) this.error = error;
      setTimeout(() => {
        if (asked === this.#asked && !this.#stop.signal.aborted) void this.refresh();
      }, RETRY_MS);
    }
  }

  async #readMessages(): Promise<OperatorMessage[]> {
    const all: OperatorMessage[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await listMessages(this.#id, cursor, this.#stop.signal);
      all.push(...body.messages);
      cursor = body.nextCursor ?? null;
    } while (cursor !== null);
    return all;
  }

  async #readHelp(): Promise<HelpRequest[]> {
    const query = new URLSearchParams({ run: this.#id, limit: "100" });
    const { body } = await listHelp(query, this.#stop.signal);
    return body.helpRequests;
  }
}
