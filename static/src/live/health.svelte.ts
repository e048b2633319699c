// What the page knows of the server: whether its history is behind, whether news arrive.
import { onMeta } from "../api/client";
import type { StreamStatus } from "../api/stream";

class Health {
  /** Whether the server's history is behind its broker. */
  historyDelayed = $state(false);
  /** The stream of the view that is open; null if it has none. */
  stream = $state<StreamStatus | null>(null);

  constructor() {
    onMeta(({ historyDelayed }) => {
      this.historyDelayed = historyDelayed;
    });
  }
}

export const health = new Health();
