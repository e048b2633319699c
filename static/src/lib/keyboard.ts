// What leaves xterm.js and what does not. A terminal also says things by itself: answers to questions
// of the program. The run's own terminal has answered those; a second answer would be typed into it.
import type { IDisposable, IParser } from "@xterm/xterm";

/** Lets the questions pass that xterm.js would answer: none of them is for a viewer. */
export function answerNothing(parser: IParser): IDisposable[] {
  const swallow = () => true;
  const csi = [
    { final: "c" }, // device attributes
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { final: "n" }, // status, cursor position
    { prefix: "?", final: "n" },
    { intermediates: "$", final: "p" }, // modes
    { prefix: "?", intermediates: "$", final: "p" },
    { final: "t" }, // sizes and titles of the window
    { prefix: ">", final: "q" }, // version
    { prefix: "?", final: "u" }, // keyboard
    { final: "x" }, // terminal parameters
  ];
  const asks = (data: string) => data.split(";").includes("?");
  return [
    ...csi.map((id) => parser.registerCsiHandler(id, swallow)),
    parser.registerDcsHandler({ intermediates: "$", final: "q" }, swallow),
    parser.registerDcsHandler({ intermediates: "+", final: "q" }, swallow),
    ...[4, 10, 11, 12].map((code) => parser.registerOscHandler(code, asks)),
    // The clipboard is the viewer's own: nothing of the run writes or reads it.
    parser.registerOscHandler(52, swallow),
  ];
}

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const ANSWER = /^\x1b(?:\[[?>=][\d;]*[cu]|\[\d+n|\[\??[\d;]+\$y|\[[IO]|\[\d+(?:;\d+){2}t|\]|P)/;

/** Whether the data is an answer of the terminal, or tells of focus, and was typed by nobody. */
export function isAnswer(data: string): boolean {
  return ANSWER.test(data);
}

/** A pasted text as it is typed: lines end as the Enter key ends them, and nothing in it can end
 * the brackets or press a key of its own. */
export function pasted(text: string, bracketed: boolean): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it removes
  const plain = text.replace(/\r?\n/g, "\r").replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, "");
  return bracketed ? `\x1b[200~${plain}\x1b[201~` : plain;
}

/** The bytes of a mouse report of the old kind: each character stands for one byte. */
export function binary(data: string): Uint8Array {
  return Uint8Array.from(data, (char) => char.charCodeAt(0) & 0xff);
}
