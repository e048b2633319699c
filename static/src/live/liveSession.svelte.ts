// A run's live session: read again and again, and changed by whoever looks at it. The key of a grant
// lives here, in memory, and nowhere else.
import {
  enableSession,
  getLiveSession,
  grantWrite,
  releaseWrite,
  renewWrite,
  revokeSession,
  revokeWrite,
} from "../api/live";
import { toApiError, type ApiError } from "../api/client";
import type {
  GrantRequest,
  LiveSession,
  SessionNote,
  SessionRequest,
  WriteGrant,
} from "../api/types";

const EVERY_MS = 4_000;
const STARTING_MS = 1_000;

export class LiveSessionOf {
  /** As the server last told it; null while nobody has asked for one. */
  now = $state.raw<LiveSession | null>(null);
  /** Whether the server has answered once. */
  known = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** The grant that was given to this page. */
  grant = $state.raw<WriteGrant | null>(null);

  readonly #id: string;
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(id: string) {
    this.#id = id;
    void this.refresh();
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** Reads it again, now. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const { body } = await getLiveSession(this.#id, this.#stop.signal);
      this.#told(asked, body);
    } catch (thrown) {
      const error = toApiError(thrown);
      // A run of which nobody has asked for a session has none.
      if (error.status === 404) this.#told(asked, null);
      else if (asked === this.#asked && !this.#stop.signal.aborted) this.error = error;
    }
    if (asked === this.#asked) this.#later();
  }

  async enable(body: SessionRequest): Promise<void> {
    this.#changed((await enableSession(this.#id, body)).body);
  }

  async revoke(body: SessionNote): Promise<void> {
    this.#changed((await revokeSession(this.#id, body)).body.session);
  }

  /** Returns the grant; this page keeps it until it is over. */
  async ask(body: GrantRequest): Promise<WriteGrant> {
    const grant = (await grantWrite(this.#id, body)).body;
    this.grant = grant;
    this.#changed(grant.session);
    return grant;
  }

  async renew(body: GrantRequest): Promise<void> {
    this.#changed((await renewWrite(this.#id, body)).body.session);
  }

  async release(body: SessionNote): Promise<void> {
    const { session } = (await releaseWrite(this.#id, body)).body;
    this.grant = null;
    this.#changed(session);
  }

  async revokeWrite(body: SessionNote): Promise<void> {
    this.#changed((await revokeWrite(this.#id, body)).body.session);
  }

  /** The grant of this page is over. */
  drop(): void {
    this.grant = null;
  }

  #told(asked: number, body: LiveSession | null): void {
    if (asked !== this.#asked || this.#stop.signal.aborted) return;
    this.now = body;
    this.known = true;
    this.error = null;
  }

  /** An answer to a wish is newer than any question that is on its way. */
  #changed(session: LiveSession): void {
    this.#asked += 1;
    this.now = session;
    this.known = true;
    this.#later();
  }

  #later(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    const wait = this.now?.status === "starting" ? STARTING_MS : EVERY_MS;
    this.#timer = setTimeout(() => {
      if (document.visibilityState === "hidden") this.#later();
      else void this.refresh();
    }, wait);
  }
}
