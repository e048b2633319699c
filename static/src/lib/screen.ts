// xterm.js as the screen of a run's terminal: all that the page knows of it is here. It is loaded
// when it is first needed.
import "@xterm/xterm/css/xterm.css";

import { SearchAddon } from "@xterm/addon-search";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { Terminal } from "@xterm/xterm";

import type { Size } from "../api/frames";
import { fontSize } from "./fit";
import { answerNothing, binary, isAnswer, pasted } from "./keyboard";
import { Widths } from "./widths";

export interface ScreenHandlers {
  /** Somebody typed; only while typing is let through. */
  typed: (bytes: Uint8Array) => void;
  /** Somebody wants to follow a link that a program printed. */
  link: (address: string) => void;
  /** The key that leaves the terminal was pressed: Ctrl-]. */
  leave: () => void;
}

const THEME = {
  background: "#11151b",
  foreground: "#e4e9f0",
  cursor: "#e4e9f0",
  selectionBackground: "#3d5a80",
};
const FONT = 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace';
const LINE_HEIGHT = 1.1;
const SCROLLBACK = 5_000;

export class Screen {
  readonly #term: Terminal;
  readonly #search = new SearchAddon();
  readonly #handlers: ScreenHandlers;
  readonly #holder: HTMLElement;
  readonly #cell: { width: number; height: number };
  #typing = false;
  /** Puts characters together that are cut: xterm.js loses those that are cut behind a byte 0x80. */
  #text = new TextDecoder();

  constructor(holder: HTMLElement, handlers: ScreenHandlers) {
    this.#holder = holder;
    this.#handlers = handlers;
    this.#cell = measureCell();
    const activate = (_: MouseEvent, address: string) => handlers.link(address);
    const term = new Terminal({
      allowProposedApi: true,
      cols: 120,
      rows: 40,
      convertEol: false,
      cursorBlink: false,
      disableStdin: true,
      fontFamily: FONT,
      lineHeight: LINE_HEIGHT,
      linkHandler: { activate, allowNonHttpProtocols: false },
      scrollback: SCROLLBACK,
      theme: THEME,
    });
    this.#term = term;
    answerNothing(term.parser);
    // The run's own terminal counts the cells of a character like this.
    const widths = new Widths();
    term.unicode.register(widths);
    term.unicode.activeVersion = widths.version;
    term.loadAddon(this.#search);
    term.loadAddon(new WebLinksAddon(activate));
    term.onData((data) => this.#said(data));
    term.onBinary((data) => {
      if (this.#typing) handlers.typed(binary(data));
    });
    term.attachCustomKeyEventHandler((event) => this.#key(event));
    holder.addEventListener("paste", this.#paste, { capture: true });
    term.open(holder);
    this.#useGraphics();
  }

  dispose(): void {
    this.#holder.removeEventListener("paste", this.#paste, { capture: true });
    this.#term.dispose();
  }

  /** Shows a whole screen in place of what was there. */
  show(size: Size, dump: Uint8Array, parsed: () => void): void {
    this.#text = new TextDecoder();
    // What was written before may still wait to be drawn: the reset takes its turn behind it.
    this.#term.write("", () => this.#term.reset());
    this.resize(size);
    this.write(dump, parsed);
  }

  write(bytes: Uint8Array, parsed: () => void): void {
    this.#term.write(this.#text.decode(bytes, { stream: true }), parsed);
  }

  /** The run's terminal has another size from here on. */
  resize(size: Size): void {
    // What was written before the change belongs to the former size.
    this.#term.write("", () => {
      this.#term.resize(size.cols, size.rows);
      this.fit();
    });
  }

  /** Draws it as large as the room allows. */
  fit(): void {
    const box = this.#holder.getBoundingClientRect();
    if (box.width === 0) return;
    const { cols, rows } = this.#term;
    const font = fontSize(box, { cols, rows }, this.#cell);
    if (this.#term.options.fontSize !== font) this.#term.options.fontSize = font;
  }

  /** How much of the font size a character takes, and the size it is drawn at now. */
  get drawn(): { cell: { width: number; height: number }; font: number } {
    return { cell: this.#cell, font: this.#term.options.fontSize ?? 12 };
  }

  /** Lets through what is typed, or nothing at all. */
  letType(typing: boolean): void {
    this.#typing = typing;
    this.#term.options.disableStdin = !typing;
    this.#term.options.cursorBlink = typing;
  }

  focus(): void {
    this.#term.focus();
  }

  /** Marks the next place of a text. Returns whether there is one. */
  find(text: string, back: boolean): boolean {
    return back ? this.#search.findPrevious(text) : this.#search.findNext(text);
  }

  endSearch(): void {
    this.#search.clearDecorations();
    this.#term.clearSelection();
  }

  /** The lines on the screen, as text. */
  lines(): string[] {
    const { active } = this.#term.buffer;
    return Array.from(
      { length: this.#term.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  #said(data: string): void {
    if (!this.#typing || isAnswer(data)) return;
    this.#handlers.typed(new TextEncoder().encode(data));
  }

  /** xterm.js keeps a pasted text as it is, and a text may end its own brackets. */
  readonly #paste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (!this.#typing) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text === "") return;
    const keys = pasted(text, this.#term.modes.bracketedPasteMode);
    this.#handlers.typed(new TextEncoder().encode(keys));
  };

  /** Returns whether xterm.js is to have the key. */
  #key(event: KeyboardEvent): boolean {
    if (event.ctrlKey && !event.altKey && !event.metaKey && event.key === "]") {
      event.preventDefault();
      if (event.type === "keydown") this.#handlers.leave();
      return false;
    }
    // Whoever only watches walks on through the page, and copies by the usual keys.
    if (!this.#typing) return false;
    const copies = event.ctrlKey && event.shiftKey && event.key.toLowerCase() === "c";
    if (copies && event.type === "keydown") {
      event.preventDefault();
      void navigator.clipboard.writeText(this.#term.getSelection()).catch(() => undefined);
    }
    const pastes = event.ctrlKey && event.key.toLowerCase() === "v";
    return !copies && !pastes;
  }

  /** The graphics card draws it, where there is one; otherwise, and when it is lost, the page does. */
  #useGraphics(): void {
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose());
      this.#term.loadAddon(webgl);
    } catch {
      // xterm.js draws by itself.
    }
  }
}

/** How much of the font size a character is wide and high. */
function measureCell(): { width: number; height: number } {
  const context = document.createElement("canvas").getContext("2d");
  if (context === null) return { width: 0.6, height: 1.2 * LINE_HEIGHT };
  context.font = `100px ${FONT}`;
  const box = context.measureText("W");
  const height = box.fontBoundingBoxAscent + box.fontBoundingBoxDescent;
  // A hundredth more: letters end at whole pixels.
  return { width: (box.width / 100) * 1.01, height: (height / 100) * LINE_HEIGHT * 1.01 };
}
