import { describe, expect, it } from "vitest";

import openapi from "../../../docs/openapi.json";
import { buildRequest } from "./submit";
import { formOf } from "./submitAgain";
import { placeErrors } from "./submitErrors";
import { EMPTY_FORM } from "./submitForm";

describe("the form of a submission", () => {
  it("leaves out what is empty, so that the server's defaults hold", () => {
    expect(buildRequest(EMPTY_FORM)).toEqual({
      ok: true,
      request: { type: "codex_exec", task: {} },
    });
  });

  it("makes a request for an agent", () => {
    const built = buildRequest({
      ...EMPTY_FORM,
      repository: " https://example.org/a.git ",
      instructions: "Do it",
      publish: "branch",
      newBranch: "topic",
      model: "m",
      capabilities: "docker, gpu",
      slots: "4",
      maxAttempts: "2",
    });
    expect(built).toEqual({
      ok: true,
      request: {
        type: "codex_exec",
        repository: "https://example.org/a.git",
        requiredCapabilities: ["docker", "gpu"],
        slots: 4,
        maxAttempts: 2,
        task: {
          instructions: "Do it",
          runtime: { model: "m" },
          git: { newBranch: "topic" },
          publish: { mode: "branch" },
        },
      },
    });
  });

  it("makes a request that ends in a pull request, and the form of it again", () => {
    const built = buildRequest({
      ...EMPTY_FORM,
      publish: "pr",
      newBranch: "topic",
      prBaseBranch: "main",
      prTitle: "Mend it",
      secrets: "A\n B = env:C \n",
    });
    if (!built.ok) throw new Error("refused");
    expect(built.request.task).toEqual({
      git: { newBranch: "topic" },
      publish: { mode: "pr", prBaseBranch: "main", prTitle: "Mend it" },
      secrets: [
        { name: "A", from: "env:A" },
        { name: "B", from: "env:C" },
      ],
    });
    expect(buildRequest(formOf(built.request))).toEqual(built);
    const placed = placeErrors([{ field: "task.publish.prTitle", message: "is long" }]);
    expect(placed.fields.prTitle).toBe("is long");
  });

  it("makes a request for a command, without what belongs to agents", () => {
    const form = { ...EMPTY_FORM, type: "command" as const, command: "echo 'a b'", model: "m" };
    expect(buildRequest(form)).toEqual({
      ok: true,
      request: { type: "command", task: { argv: ["echo", "a b"] } },
    });
  });

  it("refuses itself only what cannot be sent", () => {
    const form = { ...EMPTY_FORM, type: "command" as const, command: "echo '", maxAttempts: "x" };
    const built = buildRequest(form);
    expect(built.ok).toBe(false);
    if (!built.ok) expect(Object.keys(built.errors.fields)).toEqual(["maxAttempts", "command"]);
  });

  it("puts complaints at their fields, and the others together", () => {
    const placed = placeErrors([
      { field: "task.argv[1]", message: "is bad" },
      { field: "requiredCapabilities[0]", message: "is odd" },
      { field: "task.git", message: "needs a repository" },
      { field: "repository", message: "is missing" },
      { field: "control.pauseBefore[0]", message: "is 'prepare'" },
      { field: "control.budgets.wallSeconds", message: "is 0" },
      { field: "task.secrets[1].from", message: "is odd" },
      { field: "liveSession.provider", message: "is not available" },
      { field: "something.new", message: "is not known here" },
    ]);
    expect(placed.fields).toEqual({
      command: "is bad",
      capabilities: "is odd",
      repository: "needs a repository; is missing",
      pauseBefore: "is 'prepare'",
      "budgets.wallSeconds": "is 0 (in seconds)",
      secrets: "line 2: is odd",
      liveProvider: "is not available",
    });
    expect(placed.rest.map((error) => error.field)).toEqual(["something.new"]);
  });

  it("sends budgets in the wire's units", () => {
    const budgets = { ...EMPTY_FORM.budgets, wallSeconds: "1.5", spendCents: " 0.29 ", turns: "7" };
    const built = buildRequest({ ...EMPTY_FORM, pauseBefore: ["publish"], budgets });
    expect(built).toMatchObject({
      request: {
        control: {
          pauseBefore: ["publish"],
          budgets: { wallSeconds: 90, spendCents: 29, turns: 7 },
        },
      },
    });
    const bad = buildRequest({ ...EMPTY_FORM, budgets: { ...budgets, tokens: "a lot" } });
    expect(bad).toMatchObject({ errors: { fields: { "budgets.tokens": "must be a number" } } });
  });

  it.each([1, 59, 61, 100, 601, 604_800])("keeps a budget of %d seconds as it is", (seconds) => {
    const request = {
      type: "codex_exec",
      control: { budgets: { wallSeconds: seconds } },
      task: {},
    };
    expect(buildRequest(formOf(request))).toEqual({ ok: true, request });
  });

  it("makes the same request again, whatever a request can say", () => {
    expect(buildRequest(formOf(COMMAND))).toEqual({ ok: true, request: COMMAND });
    expect(buildRequest(formOf(AGENT))).toEqual({ ok: true, request: AGENT });
    // Commands and agents together use every field that there is.
    const used = new Set([...leaves(COMMAND), ...leaves(AGENT), "targetRuntime"]);
    expect([...used].sort()).toEqual(offered("TaskRunRequest").sort());
  });
});

const COMMAND = { type: "command", title: "t", task: { argv: ["sh", "-c", "a b"] } };

const AGENT = {
  type: "codex_exec",
  repository: "https://example.org/team/app.git",
  pool: "p",
  requiredCapabilities: ["gpu"],
  priority: "normal",
  retry: { firstDelaySeconds: 1, maxDelaySeconds: 60, workspace: "fresh" },
  slots: 2,
  maxAttempts: 1,
  timeoutSeconds: 60,
  control: {
    pauseBefore: ["execute", "publish"],
    budgets: { wallSeconds: 100, turns: 1, tokens: 10_000_000_000, spendCents: 5, diffLines: 3 },
  },
  liveSession: { enabled: true, provider: "tmate", ttlMinutes: 5 },
  task: {
    instructions: "x",
    runtime: { mode: "exec", model: "m", effort: "low" },
    git: { startingBranch: "main", newBranch: "b" },
    publish: {
      mode: "pr",
      commitMessage: "c\n\nd",
      prBaseBranch: "main",
      prTitle: "t",
      prBody: "b",
    },
    secrets: [{ name: "TOKEN", from: "env:OTHER" }],
  },
};

/** The paths of all values in a request; those of a list count as one. */
function leaves(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    const below = path === "" ? name : `${path}.${name}`;
    if (Array.isArray(each)) return typeof each[0] === "object" ? leaves(each[0], below) : [below];
    return typeof each === "object" && each !== null ? leaves(each, below) : [below];
  });
}

/** The paths of all values that the API takes there. */
function offered(name: string, path = ""): string[] {
  const schemas: Record<string, object> = openapi.components.schemas;
  const { properties = {} } = schemas[name] as { properties?: object };
  return Object.entries(properties).flatMap(([field, shape]) => {
    const below = path === "" ? field : `${path}.${field}`;
    const within = /schemas\/(\w+)/.exec(JSON.stringify(shape))?.[1];
    return within === undefined ? [below] : offered(within, below);
  });
}
