// The request that the form for a new run stands for.
import type { SecretBody, TaskBody, TaskRunRequest } from "../api/types";
import { splitArgv } from "../lib/argv";
import { budgetsOf } from "./submitBudgets";
import type { FormErrors, FormField, SubmitForm } from "./submitForm";

export type Built = { ok: true; request: TaskRunRequest } | { ok: false; errors: FormErrors };

type Fields = FormErrors["fields"];

/** The request that the form stands for. Empty fields are left out, so that the server's
 * defaults hold; whether the values are good is the server's to say. */
export function buildRequest(form: SubmitForm): Built {
  const fields: Fields = {};
  const capabilities = form.capabilities.split(/[\s,]+/).filter((name) => name !== "");
  const request: TaskRunRequest = {
    type: form.type,
    ...given("title", form.title),
    ...given("repository", form.repository),
    ...given("pool", form.pool),
    ...filled("requiredCapabilities", capabilities),
    ...given("priority", form.priority),
    ...whole("slots", form, fields),
    ...whole("maxAttempts", form, fields),
    ...whole("timeoutSeconds", form, fields),
    ...filled("retry", {
      ...whole("firstDelaySeconds", form, fields),
      ...whole("maxDelaySeconds", form, fields),
      ...given("workspace", form.retryWorkspace),
    }),
    ...filled("control", {
      ...filled("pauseBefore", form.pauseBefore),
      ...filled("budgets", budgetsOf(form, fields)),
    }),
    ...liveSession(form, fields),
    task: buildTask(form, fields),
  };
  if (Object.keys(fields).length > 0) return { ok: false, errors: { fields, rest: [] } };
  return { ok: true, request };
}

function buildTask(form: SubmitForm, fields: Fields): TaskBody {
  const git = {
    ...given("startingBranch", form.startingBranch),
    ...(form.publish === "none" ? {} : given("newBranch", form.newBranch)),
  };
  const common = {
    ...filled("git", git),
    ...buildPublish(form),
    ...filled("secrets", secrets(form.secrets)),
  };
  if (form.type === "command") {
    const split = splitArgv(form.command);
    if (split.ok) return { ...filled("argv", split.argv), ...common };
    fields.command = split.message;
    return common;
  }
  const runtime = {
    ...given("mode", form.mode),
    ...given("model", form.model),
    ...given("effort", form.effort),
  };
  return { ...given("instructions", form.instructions), ...filled("runtime", runtime), ...common };
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

function liveSession(form: SubmitForm, fields: Fields): Pick<TaskRunRequest, "liveSession"> {
  if (form.live === "") return {};
  if (form.live === "off") return { liveSession: { enabled: false } };
  const { liveMinutes: ttlMinutes } = whole("liveMinutes", form, fields);
  return {
    liveSession: {
      enabled: true,
      ...given("provider", form.liveProvider),
      ...(ttlMinutes === undefined ? {} : { ttlMinutes }),
    },
  };
}

/** One a line; a name alone is the worker's variable of that name. */
function secrets(text: string): SecretBody[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      if (at < 0) return { name: line, from: `env:${line}` };
      return { name: line.slice(0, at).trim(), from: line.slice(at + 1).trim() };
    });
}

function given<K extends string>(name: K, value: string): Partial<Record<K, string>> {
  const trimmed = value.trim();
  return trimmed === "" ? {} : ({ [name]: trimmed } as Record<K, string>);
}

/** A list or an object that holds something. */
function filled<K extends string, T extends object>(name: K, value: T): Partial<Record<K, T>> {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as Record<K, T>);
}

type Text = { [K in keyof SubmitForm]: string extends SubmitForm[K] ? K : never }[keyof SubmitForm];

function whole<K extends Text & FormField>(
  name: K,
  form: SubmitForm,
  fields: Fields,
): Partial<Record<K, number>> {
  const typed = String(form[name]).trim();
  if (typed === "") return {};
  if (/^\d{1,9}$/.test(typed)) return { [name]: Number(typed) } as Record<K, number>;
  fields[name] = "must be a whole number";
  return {};
}

/** A key that the server has not seen, also where `crypto.randomUUID` is not allowed. */
export function newIdempotencyKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...random].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
