// Calls together what comes in a burst: after it has been quiet for `quietMs`, and at the latest
// `maxMs` after the first.

export interface Debounced {
  call: () => void;
  cancel: () => void;
}

export function debounce(action: () => void, quietMs: number, maxMs: number): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first: number | null = null;

  function cancel(): void {
    clearTimeout(timer);
    first = null;
  }

  function call(): void {
    const now = Date.now();
    first ??= now;
    clearTimeout(timer);
    const wait = Math.max(0, Math.min(quietMs, first + maxMs - now));
    timer = setTimeout(() => {
      cancel();
      action();
    }, wait);
  }

  return { call, cancel };
}
