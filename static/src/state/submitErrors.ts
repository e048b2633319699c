// Where the server's complaints about a submission belong in the form.
import type { FieldError } from "../api/types";
import { BUDGET_FIELDS } from "./submitBudgets";
import type { FormErrors, FormField } from "./submitForm";

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
  ["task.runtime.mode", "mode"],
  ["task.runtime.model", "model"],
  ["task.runtime.effort", "effort"],
  ["task.publish.commitMessage", "commitMessage"],
  ["task.publish.prBaseBranch", "prBaseBranch"],
  ["task.publish.prTitle", "prTitle"],
  ["task.publish.prBody", "prBody"],
  ["task.publish", "publish"],
  ["task.secrets", "secrets"],
  ["control.pauseBefore", "pauseBefore"],
  ...BUDGET_FIELDS.map(({ budget }): [string, FormField] => [
    `control.budgets.${budget}`,
    `budgets.${budget}`,
  ]),
  ["liveSession.provider", "liveProvider"],
  ["liveSession.ttlMinutes", "liveMinutes"],
  ["liveSession", "live"],
  ["pool", "pool"],
  ["requiredCapabilities", "capabilities"],
  ["priority", "priority"],
  ["slots", "slots"],
  ["maxAttempts", "maxAttempts"],
  ["retry.firstDelaySeconds", "firstDelaySeconds"],
  ["retry.maxDelaySeconds", "maxDelaySeconds"],
  ["retry.workspace", "retryWorkspace"],
  ["timeoutSeconds", "timeoutSeconds"],
];

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
    const words = inContext(error);
    placed.fields[home] = before === undefined ? words : `${before}; ${words}`;
  }
  return placed;
}

function within(field: string, path: string): boolean {
  return field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
}

/** The server's words, with what they leave out where the form is not built like the request. */
function inContext({ field, message }: FieldError): string {
  const line = /^task\.secrets\[(\d+)\]/.exec(field)?.[1];
  if (line !== undefined) return `line ${String(Number(line) + 1)}: ${message}`;
  const budget = BUDGET_FIELDS.find((each) => field === `control.budgets.${each.budget}`);
  return budget?.wireUnit == null ? message : `${message} (in ${budget.wireUnit})`;
}
