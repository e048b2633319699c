// The forms of a pause and of a takeover, and the requests that they make.
import type { ControlRequest } from "../api/types";

export interface PauseForm {
  mode: "soft" | "hard";
  /** How long a soft pause waits for a tool call; null for the worker's setting. */
  deadlineSeconds: number | null;
  /** After how long it goes on by itself; null for never. */
  resumeAfterSeconds: number | null;
  note: string;
}

export interface TakeoverForm {
  expiresAfterSeconds: number;
  note: string;
}

export interface Length<T> {
  seconds: T;
  label: string;
}

export const DEADLINES: readonly Length<number | null>[] = [
  { seconds: null, label: "as the worker is set" },
  { seconds: 10, label: "10 seconds" },
  { seconds: 60, label: "a minute" },
  { seconds: 600, label: "10 minutes" },
  { seconds: 3_600, label: "an hour" },
  { seconds: 86_400, label: "a day" },
];

export const TIMERS: readonly Length<number | null>[] = [
  { seconds: null, label: "when somebody resumes it" },
  { seconds: 60, label: "after a minute" },
  { seconds: 300, label: "after 5 minutes" },
  { seconds: 900, label: "after 15 minutes" },
  { seconds: 3_600, label: "after an hour" },
  { seconds: 28_800, label: "after 8 hours" },
  { seconds: 86_400, label: "after a day" },
];

export const TAKEOVERS: readonly Length<number>[] = [
  { seconds: 900, label: "15 minutes" },
  { seconds: 1_800, label: "30 minutes" },
  { seconds: 3_600, label: "an hour" },
  { seconds: 14_400, label: "4 hours" },
  { seconds: 28_800, label: "8 hours" },
];

export const SOFT: PauseForm = {
  mode: "soft",
  deadlineSeconds: null,
  resumeAfterSeconds: null,
  note: "",
};

/** The pause that one click asks for. */
export function quickPause(hasCheckpoints: boolean): ControlRequest {
  return pauseOf({ ...SOFT, mode: hasCheckpoints ? "soft" : "hard" });
}

export function pauseOf(form: PauseForm): ControlRequest {
  const { mode, deadlineSeconds, resumeAfterSeconds } = form;
  return {
    action: "pause",
    mode,
    ...(mode === "hard" || deadlineSeconds === null ? {} : { deadlineSeconds }),
    ...(resumeAfterSeconds === null ? {} : { resumeAfterSeconds }),
    ...noted(form.note),
  };
}

export function takeoverOf(form: TakeoverForm): ControlRequest {
  const { expiresAfterSeconds } = form;
  return { action: "takeover", expiresAfterSeconds, ...noted(form.note) };
}

export function noted(note: string): { note?: string } {
  return note.trim() === "" ? {} : { note: note.trim() };
}
