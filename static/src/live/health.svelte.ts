// What the page knows of the server: whether its history is behind, whether news arrive.
import { onMeta } from "../api/client";
import type { StreamStatus } from "../api/stream";
import { clock } from "./clock.svelte";

/** Who can notice that history is behind: answers say so, the stream says so, or news that came
 * are not on record yet. */
export type Witness = "answers" | "stream" | "news";

/** The recorder is always a moment behind. Only more than that is worth a word. */
const WORTH_A_WORD_MS = 2_000;

class Health {
  /** The stream of the view that is open; null if it has none. */
  stream = $state<StreamStatus | null>(null);
  #since = $state.raw<Partial<Record<Witness, number>>>({});
  /** Whether the server's history is behind its broker, for longer than it always is. */
  historyDelayed = $derived(
    Object.values(this.#since).some((since) => clock.now - since > WORTH_A_WORD_MS),
  );

  constructor() {
    onMeta(({ historyDelayed, historyPosition }) => {
      // An answer that needs no history knows nothing about it.
      if (historyDelayed || historyPosition !== null) this.note("answers", historyDelayed);
    });
  }

  note(witness: Witness, delayed: boolean): void {
    const { [witness]: since, ...others } = this.#since;
    if (delayed === (since !== undefined)) return;
    this.#since = delayed ? { ...others, [witness]: clock.read() } : others;
  }

  /** The view is left, and what it knew is of no more use. */
  leave(): void {
    this.stream = null;
    this.note("stream", false);
    this.note("news", false);
  }
}

export const health = new Health();
