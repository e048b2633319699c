// How a held run gets on, in words.
import type { WorkerRun } from "../api/types";
import { bytes, duration } from "../lib/format";
import type { Tone } from "./entry";

export interface ActivityWords {
  word: string;
  tone: Tone;
  /** What it means, for whoever has not met the word. */
  meaning: string;
}

const WORDS: Record<string, ActivityWords> = {
  working: { word: "working", tone: "good", meaning: "It prints, or tells of steps." },
  quiet: { word: "quiet", tone: "plain", meaning: "It has said nothing new for a minute." },
  stalled: {
    word: "stalled",
    tone: "bad",
    meaning: "It has neither said nor computed anything for a long time: it may hang.",
  },
  paused: { word: "paused", tone: "warn", meaning: "It stands still because somebody wishes it." },
  taken_over: { word: "taken over", tone: "warn", meaning: "An operator has its place." },
  awaiting_input: {
    word: "awaiting input",
    tone: "warn",
    meaning: "It waits for a person: the inbox says for what.",
  },
  unheard: { word: "unheard", tone: "warn", meaning: "Its worker is not heard." },
};

/** The word for an activity; one of a later version stands for itself. */
export function activityWords(activity: string): ActivityWords {
  return WORDS[activity] ?? { word: activity, tone: "plain", meaning: "" };
}

/** A silence shorter than this is not worth a word. */
const WORTH_A_WORD_MS = 10_000;

/** What is known of a held run besides its activity, in words. */
export function progressOf(run: WorkerRun): string {
  const parts = [
    run.quietForMs < WORTH_A_WORD_MS ? null : `nothing new for ${duration(run.quietForMs)}`,
    run.outputBytes == null ? null : `${bytes(run.outputBytes)} printed`,
    run.cpuMs == null ? null : `${duration(run.cpuMs)} computed`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
