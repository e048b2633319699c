// Holds back what reads while the server does not know who asks, so that a view that was open stays
// as it is and goes on by itself once somebody signed in.

export class Gate {
  #wait: Promise<void> | null = null;
  #open: (() => void) | null = null;
  #listeners = new Set<() => void>();

  /** Hears of every closing. */
  onClose(listener: () => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#wait ??= new Promise((resolve) => (this.#open = resolve));
    for (const listener of this.#listeners) listener();
  }

  open(): void {
    this.#open?.();
    this.#wait = null;
    this.#open = null;
  }

  /** Resolves while it is open; rejects when whoever waits gives up. */
  async passed(signal: AbortSignal | null): Promise<void> {
    while (this.#wait !== null) {
      await Promise.race([this.#wait, givenUp(signal)]);
    }
  }
}

function givenUp(signal: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(new DOMException("nobody waits for it any more", "AbortError"));
    if (signal?.aborted === true) give();
    signal?.addEventListener("abort", give, { once: true });
  });
}
