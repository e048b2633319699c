// One thing that is asked of the server at a time: whether it is under way, and why it was refused.
import { toApiError } from "../api/client";
import { sentence } from "../lib/format";

export class Sending {
  now = $state(false);
  /** As a sentence; empty if nothing went wrong. */
  failure = $state("");

  /** Asks, unless something is being asked already. Returns whether it was done. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.now) return false;
    this.now = true;
    this.failure = "";
    try {
      await act();
      return true;
    } catch (thrown) {
      this.failure = sentence(toApiError(thrown).message);
      return false;
    } finally {
      this.now = false;
    }
  }
}
