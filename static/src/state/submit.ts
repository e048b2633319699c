// The form of a submission: its fields, the request they make, and where the server's complaints
// belong.
import type { FieldError, TaskBody, TaskRunRequest } from "../api/types";
import { joinArgv, splitArgv } from "../lib/argv";

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
  model: string;
  effort: string;
  pool: string;
  /** Names, separated by commas or spaces. */
  capabilities: string;
  priority: string;
  slots: string;
  maxAttempts: string;
  timeoutSeconds: string;
  /** Has no field; taken over from the run that this one is to be like. */
  retry: NonNullable<TaskRunRequest["retry"]> | null;
  /** The same. */
  secrets: NonNullable<TaskBody["secrets"]>;
}

/** A field that a person fills in. */
export type FormField = Exclude<keyof SubmitForm, "retry" | "secrets">;

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
  model: "",
  effort: "",
  pool: "",
  capabilities: "",
  priority: "",
  slots: "",
  maxAttempts: "",
  timeoutSeconds: "",
  retry: null,
  secrets: [],
};

/** The request's fields, and the form's field that each is typed into. */
const HOMES: readonly [string, FormField][] = [
  ["type", "type"],
  ["targetRuntime", "type"],
  ["title", "title"],
  ["repository", "repository"],
  ["task.git.startingBranch", "startingBranch"],
  ["task.git.newBranch", "newBranch"],
  ["task.git", "repository"],
  ["task.instructions", "instructions"],
  ["task.argv", "command"],
  ["task.runtime.model", "model"],
  ["task.runtime.effort", "effort"],
  ["task.publish.commitMessage", "commitMessage"],
  ["task.publish.prBaseBranch", "prBaseBranch"],
  ["task.publish.prTitle", "prTitle"],
  ["task.publish.prBody", "prBody"],
  ["task.publish", "publish"],
  ["pool", "pool"],
  ["requiredCapabilities", "capabilities"],
  ["priority", "priority"],
  ["slots", "slots"],
  ["maxAttempts", "maxAttempts"],
  ["timeoutSeconds", "timeoutSeconds"],
];

export interface FormErrors {
  fields: Partial<Record<FormField, string>>;
  /** Complaints about fields that the form does not have. */
  rest: FieldError[];
}

export const NO_ERRORS: FormErrors = { fields: {}, rest: [] };

/** Puts each complaint where its field is. Several at one field are joined. */
export function placeErrors(errors: readonly FieldError[]): FormErrors {
  const placed: FormErrors = { fields: {}, rest: [] };
  for (const error of errors) {
    const home = HOMES.find(([path]) => within(error.field, path))?.[1];
    if (home === undefined) {
      placed.rest.push(error);
      continue;
    }
    const before = placed.fields[home];
    placed.fields[home] = before === undefined ? error.message : `${before}; ${error.message}`;
  }
  return placed;
}

function within(field: string, path: string): boolean {
  return field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
}

export type Built = { ok: true; request: TaskRunRequest } | { ok: false; errors: FormErrors };

/** The request that the form stands for. Empty fields are left out, so that the server's
 * defaults hold; whether the values are good is the server's to say. */
export function buildRequest(form: SubmitForm): Built {
  const fields: FormErrors["fields"] = {};
  const slots = whole(form.slots, (message) => (fields.slots = message));
  const maxAttempts = whole(form.maxAttempts, (message) => (fields.maxAttempts = message));
  const timeout = whole(form.timeoutSeconds, (message) => (fields.timeoutSeconds = message));
  const task = buildTask(form, fields);
  const capabilities = form.capabilities.split(/[\s,]+/).filter((name) => name !== "");
  if (Object.keys(fields).length > 0) return { ok: false, errors: { fields, rest: [] } };
  const request: TaskRunRequest = {
    type: form.type,
    ...given("title", form.title),
    ...given("repository", form.repository),
    ...given("pool", form.pool),
    ...(capabilities.length > 0 ? { requiredCapabilities: capabilities } : {}),
    ...given("priority", form.priority),
    ...(form.retry === null ? {} : { retry: form.retry }),
    ...(slots === null ? {} : { slots }),
    ...(maxAttempts === null ? {} : { maxAttempts }),
    ...(timeout === null ? {} : { timeoutSeconds: timeout }),
    task,
  };
  return { ok: true, request };
}

function buildTask(form: SubmitForm, fields: FormErrors["fields"]): TaskBody {
  const git = {
    ...given("startingBranch", form.startingBranch),
    ...(form.publish === "none" ? {} : given("newBranch", form.newBranch)),
  };
  const common = {
    ...(Object.keys(git).length > 0 ? { git } : {}),
    ...buildPublish(form),
    ...(form.secrets.length > 0 ? { secrets: form.secrets } : {}),
  };
  if (form.type === "command") {
    const split = splitArgv(form.command);
    if (split.ok) return { ...(split.argv.length > 0 ? { argv: split.argv } : {}), ...common };
    fields.command = split.message;
    return common;
  }
  const runtime = { ...given("model", form.model), ...given("effort", form.effort) };
  return {
    ...given("instructions", form.instructions),
    ...(Object.keys(runtime).length > 0 ? { runtime } : {}),
    ...common,
  };
}

function buildPublish(form: SubmitForm): Pick<TaskBody, "publish"> {
  if (form.publish === "none") return {};
  const branch = { mode: form.publish, ...given("commitMessage", form.commitMessage) };
  if (form.publish === "branch") return { publish: branch };
  const pull = {
    ...given("prBaseBranch", form.prBaseBranch),
    ...given("prTitle", form.prTitle),
    ...given("prBody", form.prBody),
  };
  return { publish: { ...branch, ...pull } };
}

function publishMode(mode: string | null | undefined): SubmitForm["publish"] {
  return mode === "branch" || mode === "pr" ? mode : "none";
}

function given<K extends string>(name: K, value: string): Partial<Record<K, string>> {
  const trimmed = value.trim();
  return trimmed === "" ? {} : ({ [name]: trimmed } as Record<K, string>);
}

function whole(value: string, refuse: (message: string) => void): number | null {
  const trimmed = value.trim();
  if (trimmed === "") return null;
  if (/^\d{1,9}$/.test(trimmed)) return Number(trimmed);
  refuse("must be a whole number");
  return null;
}

/** The form that makes this request again. */
export function formOf(request: TaskRunRequest): SubmitForm {
  const task = request.task ?? {};
  const number = (value: number | null | undefined) => (value == null ? "" : String(value));
  return {
    type: typeOf(request),
    title: request.title ?? "",
    repository: request.repository ?? "",
    startingBranch: task.git?.startingBranch ?? "",
    instructions: task.instructions ?? "",
    command: joinArgv(task.argv ?? []),
    publish: publishMode(task.publish?.mode),
    newBranch: task.git?.newBranch ?? "",
    commitMessage: task.publish?.commitMessage ?? "",
    prBaseBranch: task.publish?.prBaseBranch ?? "",
    prTitle: task.publish?.prTitle ?? "",
    prBody: task.publish?.prBody ?? "",
    model: task.runtime?.model ?? "",
    effort: task.runtime?.effort ?? "",
    pool: request.pool ?? "",
    capabilities: (request.requiredCapabilities ?? []).join(", "),
    priority: request.priority ?? "",
    slots: number(request.slots),
    maxAttempts: number(request.maxAttempts),
    timeoutSeconds: number(request.timeoutSeconds),
    retry: request.retry ?? null,
    secrets: task.secrets ?? [],
  };
}

/** Its type, whichever of the two fields says it. */
function typeOf({ type, targetRuntime }: TaskRunRequest): SubmitForm["type"] {
  if (type === "command" || targetRuntime === "command") return "command";
  return type === "claude_code" || targetRuntime === "claude" ? "claude_code" : "codex_exec";
}

/** A key that the server has not seen, also where `crypto.randomUUID` is not allowed. */
export function newIdempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
