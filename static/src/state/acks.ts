// When to tell the server how far the screen is: each 64 KiB, or 50 ms after something was drawn.
// The server skips output for whoever lags behind, and it learns of that only from here.

export const EVERY_BYTES = 64 << 10;
export const EVERY_MS = 50;

export class Acks {
  readonly #send: (offset: number) => void;
  #sent = 0;
  #drawn = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(send: (offset: number) => void) {
    this.#send = send;
  }

  /** Everything up to here is on the screen. */
  drawn(offset: number): void {
    this.#drawn = offset;
    if (offset - this.#sent >= EVERY_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), EVERY_MS);
  }

  /** Counting starts anew: another connection, or another life of the terminal. */
  restart(offset: number): void {
    this.stop();
    this.#sent = offset;
    this.#drawn = offset;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    this.stop();
    if (this.#drawn === this.#sent) return;
    this.#sent = this.#drawn;
    this.#send(this.#drawn);
  }
}
