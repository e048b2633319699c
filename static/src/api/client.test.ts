import { afterEach, describe, expect, it, vi } from "vitest";

import {
  ApiError,
  artifactUrl,
  controlRun,
  gate,
  getRun,
  onMeta,
  readText,
  signIn,
  submitRun,
  type Meta,
} from "./client";

afterEach(() => vi.unstubAllGlobals());

function answer(body: string, status = 200, headers: Record<string, string> = {}) {
  const fetched = vi.fn(() => Promise.resolve(new Response(body, { status, headers })));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof ApiError) return thrown;
  throw new Error("it did not fail as it should");
}

const PROBLEM = { "Content-Type": "application/problem+json" };

describe("a request", () => {
  it("sends its idempotency key", async () => {
    const fetched = answer('{"id": "1"}', 201);
    await submitRun({ type: "command" }, "key-1");
    const [path, init] = fetched.mock.calls[0] as unknown as [string, RequestInit];
    expect(path).toBe("/api/task-runs");
    expect(new Headers(init.headers).get("Idempotency-Key")).toBe("key-1");
  });

  it("tells every listener how history stands", async () => {
    const heard: Meta[] = [];
    const stop = onMeta((meta) => heard.push(meta));
    answer("{}", 200, { "Baton-History-Position": "7", "Baton-History-Delayed": "true" });
    await getRun("1");
    stop();
    await getRun("1").catch(() => undefined);
    expect(heard).toEqual([{ historyPosition: 7, historyDelayed: true, clockOffset: null }]);
  });

  it("that meets a problem says what and where", async () => {
    const errors = [{ field: "repository", message: "is missing" }];
    const problem = {
      type: "urn:baton:problem:invalid-body",
      title: "t",
      status: 422,
      detail: "d",
    };
    answer(JSON.stringify({ ...problem, errors }), 422, PROBLEM);
    const error = await failure(getRun("1"));
    expect(error).toMatchObject({
      kind: "invalid-body",
      status: 422,
      message: "d",
      fields: errors,
    });
  });

  it.each([
    ["a proxy", "<h1>no</h1>", 502, {}, "unreachable"],
    ["something else", "no", 418, {}, "unreadable"],
    ["broken JSON", "{", 500, PROBLEM, "unreadable"],
  ])("that meets %s says so", async (_name, body, status, headers, kind) => {
    answer(body, status, headers);
    expect(await failure(getRun("1"))).toMatchObject({ kind, status });
  });

  it("that meets nobody says so", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
    expect(await failure(getRun("1"))).toMatchObject({ kind: "unreachable", status: 0 });
  });
});

describe("a file", () => {
  it("has an address whose parts cannot leave their place", () => {
    expect(artifactUrl("a/b", 2, "logs/a b?.log")).toBe(
      "/api/task-runs/a%2Fb/artifacts/2/logs/a%20b%3F.log",
    );
  });

  it.each([
    [100, "grün", false],
    [4, "grü", true],
  ])("is read up to %d bytes", async (limit, text, cut) => {
    answer("grün");
    expect(await readText("/x", limit, new AbortController().signal)).toEqual({ text, cut });
  });

  it("that reads waits for a sign-in; one that acts is told", async () => {
    const fetched = answer("{}", 401, PROBLEM);
    expect((await failure(controlRun("1", { action: "cancel" }))).status).toBe(401);
    const reading = getRun("1");
    await Promise.resolve();
    expect(fetched).toHaveBeenCalledOnce();
    answer('{"id": "1"}');
    gate.open();
    expect((await reading).body.id).toBe("1");
  });

  it("to sign in with a bad token closes nothing", async () => {
    answer("{}", 401, PROBLEM);
    const closed = vi.fn();
    gate.onClose(closed);
    expect((await failure(signIn({ token: "x" }))).status).toBe(401);
    expect(closed).not.toHaveBeenCalled();
  });
});
