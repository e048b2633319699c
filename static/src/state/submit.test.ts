import { describe, expect, it } from "vitest";

import { buildRequest, EMPTY_FORM, formOf, placeErrors } from "./submit";

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
      secrets: [{ name: "A", from: "env:A" }],
    });
    if (!built.ok) throw new Error("refused");
    expect(built.request.task).toEqual({
      git: { newBranch: "topic" },
      publish: { mode: "pr", prBaseBranch: "main", prTitle: "Mend it" },
      secrets: [{ name: "A", from: "env:A" }],
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
      { field: "liveSession.enabled", message: "is not available" },
    ]);
    expect(placed.fields).toEqual({
      command: "is bad",
      capabilities: "is odd",
      repository: "needs a repository; is missing",
    });
    expect(placed.rest.map((error) => error.field)).toEqual(["liveSession.enabled"]);
  });

  it.each([
    { type: "command", title: "t", task: { argv: ["sh", "-c", "a b"] } },
    {
      type: "codex_exec",
      repository: "/srv/a",
      pool: "p",
      requiredCapabilities: ["gpu"],
      priority: "low",
      retry: { firstDelaySeconds: 1 },
      maxAttempts: 1,
      timeoutSeconds: 60,
      task: {
        instructions: "x",
        runtime: { model: "m", effort: "low" },
        git: { startingBranch: "main", newBranch: "b" },
        publish: { mode: "branch", commitMessage: "c" },
      },
    },
  ])("makes the same request again: $type", (request) => {
    expect(buildRequest(formOf(request))).toEqual({ ok: true, request });
  });
});
