// The form that makes the request of a run again.
import type { SecretBody, TaskRunRequest } from "../api/types";
import { joinArgv } from "../lib/argv";
import { typedBudgets } from "./submitBudgets";
import type { SubmitForm } from "./submitForm";

export function formOf(request: TaskRunRequest): SubmitForm {
  return {
    ...workOf(request),
    ...publishOf(request),
    ...placeOf(request),
    title: request.title ?? "",
    repository: request.repository ?? "",
    startingBranch: request.task?.git?.startingBranch ?? "",
    pauseBefore: [...(request.control?.pauseBefore ?? [])],
    budgets: typedBudgets(request),
    live: switched(request.liveSession?.enabled),
    liveProvider: request.liveSession?.provider ?? "",
    liveMinutes: number(request.liveSession?.ttlMinutes),
  };
}

type Work = "type" | "instructions" | "command" | "mode" | "model" | "effort" | "secrets";

function workOf({ task = {}, ...request }: TaskRunRequest): Pick<SubmitForm, Work> {
  return {
    type: typeOf(request),
    instructions: task.instructions ?? "",
    command: joinArgv(task.argv ?? []),
    mode: task.runtime?.mode ?? "",
    model: task.runtime?.model ?? "",
    effort: task.runtime?.effort ?? "",
    secrets: (task.secrets ?? []).map(secretLine).join("\n"),
  };
}

type Publish = "publish" | "newBranch" | "commitMessage" | "prBaseBranch" | "prTitle" | "prBody";

function publishOf({ task = {} }: TaskRunRequest): Pick<SubmitForm, Publish> {
  const mode = task.publish?.mode;
  return {
    publish: mode === "branch" || mode === "pr" ? mode : "none",
    newBranch: task.git?.newBranch ?? "",
    commitMessage: task.publish?.commitMessage ?? "",
    prBaseBranch: task.publish?.prBaseBranch ?? "",
    prTitle: task.publish?.prTitle ?? "",
    prBody: task.publish?.prBody ?? "",
  };
}

type Retry = "maxAttempts" | "firstDelaySeconds" | "maxDelaySeconds" | "retryWorkspace";
type Place = Retry | "pool" | "capabilities" | "priority" | "slots" | "timeoutSeconds";

function placeOf(request: TaskRunRequest): Pick<SubmitForm, Place> {
  return {
    pool: request.pool ?? "",
    capabilities: (request.requiredCapabilities ?? []).join(", "),
    priority: request.priority ?? "",
    slots: number(request.slots),
    maxAttempts: number(request.maxAttempts),
    firstDelaySeconds: number(request.retry?.firstDelaySeconds),
    maxDelaySeconds: number(request.retry?.maxDelaySeconds),
    retryWorkspace: request.retry?.workspace ?? "",
    timeoutSeconds: number(request.timeoutSeconds),
  };
}

function number(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

function switched(enabled: boolean | undefined): SubmitForm["live"] {
  return enabled === undefined ? "" : enabled ? "on" : "off";
}

function secretLine({ name, from }: SecretBody): string {
  return from === `env:${name}` ? name : `${name}=${from}`;
}

/** Its type, whichever of the two fields says it. */
function typeOf({ type, targetRuntime }: Omit<TaskRunRequest, "task">): SubmitForm["type"] {
  if (type === "command" || targetRuntime === "command") return "command";
  return type === "claude_code" || targetRuntime === "claude" ? "claude_code" : "codex_exec";
}
