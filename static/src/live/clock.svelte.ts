// The present, by the server's clock as far as it is known, ticking twice a second.
import { onMeta } from "../api/client";

const TICK_MS = 500;
/** The server's `Date` header is whole seconds: smaller differences say nothing. */
const NOTICEABLE_MS = 2_000;

class Clock {
  now = $state(Date.now());
  #offset = 0;

  constructor() {
    setInterval(() => {
      this.now = this.read();
    }, TICK_MS);
    onMeta(({ clockOffset }) => {
      if (clockOffset === null) return;
      this.#offset = Math.abs(clockOffset) > NOTICEABLE_MS ? clockOffset : 0;
    });
  }

  /** The present, between ticks too. */
  read(): number {
    return Date.now() + this.#offset;
  }
}

export const clock = new Clock();
