// One terminal of a run, live: the connection that comes back, the screen that it feeds, and what the
// holder of a grant types.
import type { Shown, Size, Wish } from "../api/frames";
import { openSocket, type Socket } from "../api/socket";
import type { TerminalSubscribe } from "../api/types";
import { Acks } from "../state/acks";
import { FRESH, step, writerLeft, type News, type Terminal, type Todo } from "../state/terminal";
import { again, answered, begin, due, typed, type Grant, type Typing } from "../state/typing";
import { clock } from "./clock.svelte";
import { session } from "./session.svelte";

/** Where a terminal is drawn. Each call is told when it is parsed. */
export interface Surface {
  show: (size: Size, dump: Uint8Array, parsed: () => void) => void;
  write: (bytes: Uint8Array, parsed: () => void) => void;
  resize: (size: Size) => void;
}

/** A connection over which nothing came for so long is asked whether it is there. */
const QUIET_MS = 20_000;
/** And is given up when it stays silent. */
const DEAD_MS = 35_000;
const WATCH_MS = 5_000;

export class LiveTerminal {
  now = $state.raw<Terminal>(FRESH);
  typing = $state.raw<Typing | null>(null);
  /** How long the writer has left, in milliseconds; null when nobody may type. */
  left = $derived(writerLeft(this.now, clock.now));
  /** Whether what is typed here goes to the terminal. */
  mayType = $derived(
    this.typing !== null && this.now.gate.writer?.grant === this.typing.grant.id && this.left !== 0,
  );

  readonly #path: string;
  readonly #surface: Surface;
  readonly #acks = new Acks((offset) => this.#send({ type: "ack", offset }));
  readonly #watch: ReturnType<typeof setInterval>;
  #socket: Socket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #heardAt = performance.now();

  /** Opens the terminal at a path of the API. */
  constructor(path: string, surface: Surface) {
    this.#path = path;
    this.#surface = surface;
    this.#watch = setInterval(() => this.#checkAlive(), WATCH_MS);
    addEventListener("online", this.#online);
    this.#open();
  }

  close(): void {
    removeEventListener("online", this.#online);
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#acks.stop();
    this.#socket?.drop();
    this.#socket = null;
  }

  /** Tries to connect now instead of later. */
  retry(): void {
    clearTimeout(this.#retry);
    this.#hear({ type: "retry" });
  }

  /** Begins to type under a grant, over the connection that is open. */
  take(grant: Grant): void {
    this.typing = begin(grant);
    const { epoch, offset } = this.now;
    if (epoch !== null && offset !== null) this.#subscribe({ epoch, offset });
  }

  /** Types no more. The connection stays, as a viewer's. */
  letGo(): void {
    this.typing = null;
  }

  /** Types. Without a grant that is in force nothing leaves. */
  type(bytes: Uint8Array): void {
    if (this.typing === null || !this.mayType) return;
    const next = typed(this.typing, bytes);
    if (next === null) {
      this.typing = { ...this.typing, refusal: "more than 1 MiB waits to be typed" };
      return;
    }
    this.typing = next;
    this.#pump();
  }

  /** Asks for another size of the run's terminal. */
  resize(size: Size): void {
    if (this.typing === null || !this.mayType) return;
    const { id, fence } = this.typing.grant;
    this.#send({ type: "resize", grant: id, fence, size });
  }

  readonly #online = (): void => this.retry();

  #open(): void {
    this.#heardAt = performance.now();
    this.#socket = openSocket(this.#path, {
      opened: () => this.#hear({ type: "opened" }),
      frame: (frame) => this.#frame(frame),
      closed: (closed) => {
        this.#socket = null;
        this.#acks.stop();
        void session.ask();
        this.#hear({ type: "closed", closed, at: clock.read(), random: Math.random() });
      },
    });
  }

  #frame(frame: Shown): void {
    this.#heardAt = performance.now();
    this.#hear({ type: "frame", frame, at: clock.read() });
    if (this.typing === null) return;
    this.typing = answered(this.typing, frame);
    if (frame.type === "hello") for (const wish of again(this.typing)) this.#send(wish);
    if (frame.type === "accepted") this.#pump();
  }

  #hear(news: News): void {
    const [next, todo] = step(this.now, news);
    this.now = next;
    for (const each of todo) this.#do(each);
  }

  #do(todo: Todo): void {
    switch (todo.do) {
      case "send":
        if (todo.wish.type === "subscribe") this.#subscribe(todo.wish.subscribe);
        else this.#send(todo.wish);
        break;
      case "show":
        this.#acks.restart(todo.offset);
        this.#surface.show(todo.size, todo.dump, this.#drawn(todo.offset));
        break;
      case "write":
        this.#surface.write(todo.bytes, this.#drawn(todo.offset));
        break;
      case "resize":
        this.#surface.resize(todo.size);
        break;
      case "open":
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#open(), todo.afterMs);
        break;
      case "close":
        this.#socket?.close();
        break;
    }
  }

  /** What xterm calls when it has parsed a piece, if that piece still counts. */
  #drawn(offset: number): () => void {
    const { epoch } = this.now;
    return () => {
      if (this.now.epoch !== epoch) return;
      this.#hear({ type: "rendered", offset });
      this.#acks.drawn(offset);
    };
  }

  #subscribe(subscribe: TerminalSubscribe): void {
    const grant = this.typing?.grant;
    const right = grant === undefined ? {} : { grant: grant.id, writeKey: grant.key };
    this.#send({ type: "subscribe", subscribe: { ...subscribe, ...right } });
  }

  #pump(): void {
    if (this.typing === null) return;
    const [next, wishes] = due(this.typing);
    this.typing = next;
    for (const wish of wishes) this.#send(wish);
  }

  #send(wish: Wish): void {
    this.#socket?.send(wish);
  }

  #checkAlive(): void {
    const quiet = performance.now() - this.#heardAt;
    if (quiet > DEAD_MS) this.#socket?.close();
    else if (quiet > QUIET_MS) this.#send({ type: "ping", bytes: new Uint8Array() });
  }
}
