// Plays a recording on a screen: forward by time, anywhere by drawing it anew from its start.
import { eventsUpTo, markerFrom, sizeOf, squeezed, type Cast, type CastEvent } from "../state/cast";
import type { Surface } from "./terminal.svelte";

/** So long nothing happens at most, in seconds, unless all is to be seen. */
export const IDLE_LIMIT = 2;

const NOTHING = new Uint8Array();

export class Player {
  /** Seconds from the start. */
  at = $state(0);
  playing = $state(false);
  speed = $state(1);
  cast: Cast;

  readonly #surface: Surface;
  #next = 0;
  #frame = 0;
  #tickedAt = 0;

  constructor(whole: Cast, surface: Surface, skipWaits: boolean) {
    this.cast = skipWaits ? squeezed(whole, IDLE_LIMIT) : whole;
    this.#surface = surface;
    this.#draw(0);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  toggle(): void {
    if (this.playing) this.#pause();
    else this.#play();
  }

  /** Shows how it was at a time. */
  seek(at: number): void {
    const to = Math.min(Math.max(0, at), this.cast.length);
    const back = to < this.at;
    this.at = to;
    if (back) this.#draw(eventsUpTo(this.cast.events, to));
    else this.#advance();
  }

  /** Goes to the next marker, or the one before. */
  skip(back: boolean): void {
    const marker = markerFrom(this.cast, this.at, back);
    this.seek(marker?.at ?? (back ? 0 : this.cast.length));
  }

  #play(): void {
    if (this.at >= this.cast.length) this.seek(0);
    this.playing = true;
    this.#tickedAt = performance.now();
    this.#frame = requestAnimationFrame(this.#tick);
  }

  #pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.#frame);
  }

  readonly #tick = (now: number): void => {
    const passed = (Math.max(0, now - this.#tickedAt) / 1_000) * this.speed;
    this.#tickedAt = now;
    this.at = Math.min(this.at + passed, this.cast.length);
    this.#advance();
    if (this.at >= this.cast.length) this.#pause();
    else this.#frame = requestAnimationFrame(this.#tick);
  };

  #advance(): void {
    const to = eventsUpTo(this.cast.events, this.at);
    this.#write(this.cast.events.slice(this.#next, to));
    this.#next = to;
  }

  #draw(to: number): void {
    this.#surface.show(this.cast.size, NOTHING, () => undefined);
    this.#write(this.cast.events.slice(0, to));
    this.#next = to;
  }

  /** Output between two sizes is written at once. */
  #write(events: CastEvent[]): void {
    let output = "";
    const flush = () => {
      if (output !== "") this.#surface.write(new TextEncoder().encode(output), () => undefined);
      output = "";
    };
    for (const { code, data } of events) {
      if (code === "o") output += data;
      const size = code === "r" ? sizeOf(data) : null;
      if (size === null) continue;
      flush();
      this.#surface.resize(size);
    }
    flush();
  }
}
