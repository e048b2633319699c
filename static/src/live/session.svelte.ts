// Who looks at the page, live: asked at the start, after a sign-in, and whenever the stream of
// news breaks; any answer 401 ends it.
import { ApiError, gate, getMe, signIn, signOut, toApiError } from "../api/client";
import { reopenStreams } from "../api/stream";
import type { Me } from "../api/types";
import { ASKING, step, whyNot, type Role, type Session } from "../state/session";

const RETRY_MS = 2_000;

class LiveSession {
  now = $state.raw<Session>(ASKING);
  /** Counts the people who come after each other: nobody sees what another left open. */
  visitor = $state(0);
  #asking = false;
  /** Something changed after the question was put: it is put once more. */
  #again = false;

  constructor() {
    gate.onClose(() => (this.now = step(this.now, { type: "refused" })));
    void this.ask();
  }

  /** Who is signed in; null while nobody is, or nobody knows. */
  get me(): Me | null {
    return this.now.state === "known" ? this.now.me : null;
  }

  whyNot(needs: Role): string | null {
    return whyNot(this.now, needs);
  }

  /** Asks the server who asks. That it cannot be reached says nothing. */
  async ask(): Promise<void> {
    this.#again = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    const asked = this.now;
    try {
      const { body } = await getMe();
      // Whoever came or went meanwhile is not who was asked about.
      if (this.now === asked) this.#told(body);
    } catch (thrown) {
      const refused = thrown instanceof ApiError && thrown.status === 401;
      if (!refused && this.now.state === "asking") setTimeout(() => void this.ask(), RETRY_MS);
    } finally {
      this.#asking = false;
      if (this.#again) void this.ask();
    }
  }

  /** Shows a token, once. Returns what is wrong with it; null if it is good. */
  async enter(token: string): Promise<string | null> {
    try {
      const { body } = await signIn({ token });
      this.#told(body);
      return null;
    } catch (thrown) {
      return toApiError(thrown).message;
    }
  }

  /** Signs out. Returns what went wrong; null if nothing did. */
  async leave(): Promise<string | null> {
    try {
      await signOut();
    } catch (thrown) {
      const error = toApiError(thrown);
      // Signed out already is signed out.
      if (error.status !== 401) return error.message;
    }
    this.now = step(this.now, { type: "left" });
    gate.close();
    // A server that takes everybody for somebody says so.
    await this.ask();
    return null;
  }

  #told(me: Me): void {
    const { now } = this;
    this.now = step(now, { type: "told", me });
    if (now.state !== "unknown") return;
    if (now.before?.name !== me.name) this.visitor += 1;
    gate.open();
    reopenStreams();
  }
}

export const session = new LiveSession();
