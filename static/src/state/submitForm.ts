// The fields of the form for a new run, as people fill them in.
import type { BudgetsBody, FieldError } from "../api/types";

/** What a run may use up. */
export type Budget = keyof BudgetsBody;

export interface SubmitForm {
  type: "codex_exec" | "claude_code" | "command";
  title: string;
  repository: string;
  startingBranch: string;
  instructions: string;
  command: string;
  publish: "none" | "branch" | "pr";
  newBranch: string;
  commitMessage: string;
  prBaseBranch: string;
  prTitle: string;
  prBody: string;
  mode: string;
  model: string;
  effort: string;
  /** Stages that a person lets begin. */
  pauseBefore: string[];
  /** Limits, each in the unit that a person types it in. */
  budgets: Record<Budget, string>;
  /** Whether it can be watched from its start; empty for what the server does by default. */
  live: "" | "on" | "off";
  liveProvider: string;
  liveMinutes: string;
  pool: string;
  /** Names, separated by commas or spaces. */
  capabilities: string;
  priority: string;
  slots: string;
  maxAttempts: string;
  firstDelaySeconds: string;
  maxDelaySeconds: string;
  retryWorkspace: string;
  timeoutSeconds: string;
  /** `NAME=env:VARIABLE`, or `NAME` for the variable of that name; one a line. */
  secrets: string;
}

/** A place where something can be wrong. */
export type FormField = Exclude<keyof SubmitForm, "budgets"> | `budgets.${Budget}`;

export const EMPTY_FORM: SubmitForm = {
  type: "codex_exec",
  title: "",
  repository: "",
  startingBranch: "",
  instructions: "",
  command: "",
  publish: "none",
  newBranch: "",
  commitMessage: "",
  prBaseBranch: "",
  prTitle: "",
  prBody: "",
  mode: "",
  model: "",
  effort: "",
  pauseBefore: [],
  budgets: { wallSeconds: "", turns: "", tokens: "", spendCents: "", diffLines: "" },
  live: "",
  liveProvider: "",
  liveMinutes: "",
  pool: "",
  capabilities: "",
  priority: "",
  slots: "",
  maxAttempts: "",
  firstDelaySeconds: "",
  maxDelaySeconds: "",
  retryWorkspace: "",
  timeoutSeconds: "",
  secrets: "",
};

export interface FormErrors {
  fields: Partial<Record<FormField, string>>;
  /** Complaints about fields that the form does not have. */
  rest: FieldError[];
}

export const NO_ERRORS: FormErrors = { fields: {}, rest: [] };
