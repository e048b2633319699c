// Requests to the API: JSON in, typed JSON or a problem out. The only file that calls fetch.
import { Gate } from "./gate";
import type {
  ArtifactList,
  ControlRequest,
  DeadLetterPage,
  DrainInfo,
  DrainList,
  DrainRequest,
  EventPage,
  FieldError,
  Me,
  NewTokenInfo,
  PlacementInfo,
  Problem,
  RedriveAnswer,
  RedriveRequest,
  SignInRequest,
  TaskRun,
  TaskRunPage,
  TaskRunRequest,
  TokenPage,
  TokenRequest,
  WorkerList,
} from "./types";

/** What an answer says besides its body. */
export interface Meta {
  /** The last position that the history held when the answer was made; null if not told. */
  historyPosition: number | null;
  /** Whether the server says that its history is behind. */
  historyDelayed: boolean;
  /** The server's clock less ours, in milliseconds; null if not told. */
  clockOffset: number | null;
}

export interface Answer<T> {
  body: T;
  status: number;
  meta: Meta;
}

/** A problem that the server described, or that kept us from reaching it (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly kind: string;
  readonly title: string;
  readonly fields: FieldError[];
  readonly meta: Meta | null;

  constructor(problem: Problem, meta: Meta | null = null) {
    super(problem.detail);
    this.name = "ApiError";
    this.status = problem.status;
    this.kind = problem.type.replace(/^urn:baton:problem:/, "");
    this.title = problem.title;
    this.fields = problem.errors ?? [];
    this.meta = meta;
  }
}

/** Wraps whatever was thrown, so that views have one shape to show. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError({ type: "client", title: "the page failed", status: 0, detail });
}

/** Whether the history cannot be read at all. The page says so above everything else. */
export function isHistoryGone(error: ApiError): boolean {
  return error.kind === "history-unavailable";
}

type Listener = (meta: Meta) => void;
const listeners = new Set<Listener>();

/** Hears the meta data of every answer. Returns the way to stop. */
export function onMeta(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Closed while the server does not know who asks. */
export const gate = new Gate();

const SIGN_IN = "/api/sign-in";

function readMeta(response: Response): Meta {
  const position = Number(response.headers.get("Baton-History-Position") ?? "");
  const date = Date.parse(response.headers.get("Date") ?? "");
  return {
    historyPosition: Number.isFinite(position) && position > 0 ? position : null,
    historyDelayed: response.headers.get("Baton-History-Delayed") === "true",
    clockOffset: Number.isNaN(date) ? null : date - Date.now(),
  };
}

/** An answer that is no problem of Baton's: of a proxy, or of something else at its address. */
function unexplained(status: number): Problem {
  const behindProxy = status >= 502 && status <= 504;
  return {
    type: behindProxy ? "unreachable" : "unreadable",
    title: behindProxy ? "the server cannot be reached" : "the server refused",
    status,
    detail: behindProxy
      ? `what stands in front of it answered ${String(status)}: is Baton running?`
      : `the answer was ${String(status)}, without saying why`,
  };
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback = unexplained(response.status);
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) return fallback;
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    throw new ApiError({
      type: "unreachable",
      title: "the server cannot be reached",
      status: 0,
      detail: "no answer from the server: is Baton running, and is this machine online?",
    });
  }
}

/** How a request goes when the server wants to know who asks. */
type Door = "waits for a sign-in" | "is told";

export async function request<T>(
  path: string,
  init: RequestInit = {},
  door: Door = init.method === undefined ? "waits for a sign-in" : "is told",
): Promise<Answer<T>> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  for (;;) {
    if (door === "waits for a sign-in") await gate.passed(init.signal ?? null);
    const response = await send(path, { ...init, headers, cache: "no-store" });
    const meta = readMeta(response);
    if (response.ok) {
      for (const listener of listeners) listener(meta);
      // An answer without content has no body to read.
      const body: unknown = response.status === 204 ? undefined : await response.json();
      return { body: body as T, status: response.status, meta };
    }
    const error = new ApiError(await readProblem(response), meta);
    if (isHistoryGone(error)) meta.historyDelayed = true;
    for (const listener of listeners) listener(meta);
    if (response.status !== 401 || path === SIGN_IN) throw error;
    gate.close();
    if (door === "is told") throw error;
  }
}

export function sent(method: string, body: unknown): RequestInit {
  return {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}

export function runPath(id: string, rest = ""): string {
  return `/api/task-runs/${encodeURIComponent(id)}${rest}`;
}

export function listRuns(query: URLSearchParams, signal?: AbortSignal) {
  return request<TaskRunPage>(`/api/task-runs?${query.toString()}`, { signal: signal ?? null });
}

export function getRun(id: string, signal?: AbortSignal) {
  return request<TaskRun>(runPath(id), { signal: signal ?? null });
}

/** Why it has not started. */
export function getPlacement(id: string, signal?: AbortSignal) {
  return request<PlacementInfo>(runPath(id, "/placement"), { signal: signal ?? null });
}

/** At most 1,000 events after a position. */
export function getEvents(id: string, after: number, signal?: AbortSignal) {
  return request<EventPage>(runPath(id, `/events?after=${String(after)}&limit=1000`), {
    signal: signal ?? null,
  });
}

export function getArtifacts(id: string, signal?: AbortSignal) {
  return request<ArtifactList>(runPath(id, "/artifacts"), { signal: signal ?? null });
}

export function getWorkers(signal?: AbortSignal) {
  return request<WorkerList>("/api/workers", { signal: signal ?? null });
}

/** 201 when the run is on record, 202 when it is accepted and not yet on record. */
export function submitRun(body: TaskRunRequest, idempotencyKey: string) {
  return request<TaskRun>("/api/task-runs", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
    body: JSON.stringify(body),
  });
}

export async function controlRun(id: string, body: ControlRequest): Promise<void> {
  await request<unknown>(runPath(id, "/control"), sent("POST", body));
}

/** Who asks. Does not wait for a sign-in: it is how the page learns that one is needed. */
export function getMe() {
  return request<Me>("/api/me", {}, "is told");
}

/** Shows a token; the browser keeps the cookie that comes back. */
export function signIn(body: SignInRequest) {
  return request<Me>(SIGN_IN, sent("POST", body));
}

export async function signOut(): Promise<void> {
  await request<unknown>(SIGN_IN, { method: "DELETE" });
}

export function listTokens(query: URLSearchParams, signal?: AbortSignal) {
  return request<TokenPage>(`/api/tokens?${query.toString()}`, { signal: signal ?? null });
}

export function createToken(body: TokenRequest) {
  return request<NewTokenInfo>("/api/tokens", sent("POST", body));
}

export async function revokeToken(id: string): Promise<void> {
  await request<unknown>(`/api/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
}

export function listDrains(signal?: AbortSignal) {
  return request<DrainList>("/api/drains", { signal: signal ?? null });
}

export function beginDrain(body: DrainRequest) {
  return request<DrainInfo>("/api/drains", sent("POST", body));
}

export async function endDrain(scope: string): Promise<void> {
  await request<unknown>(`/api/drains/${encodeURIComponent(scope)}`, { method: "DELETE" });
}

export function listDeadLetters(query: URLSearchParams, signal?: AbortSignal) {
  return request<DeadLetterPage>(`/api/dead-letters?${query.toString()}`, {
    signal: signal ?? null,
  });
}

export function listDeadRuns(query: URLSearchParams, signal?: AbortSignal) {
  return request<TaskRunPage>(`/api/dead-letters/runs?${query.toString()}`, {
    signal: signal ?? null,
  });
}

export function redriveMany(body: RedriveRequest) {
  return request<RedriveAnswer>("/api/dead-letters/redrive", sent("POST", body));
}

/** Where a file of an attempt is read. */
export function artifactUrl(id: string, attempt: number, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return runPath(id, `/artifacts/${String(attempt)}/${path}`);
}

export interface TextFile {
  text: string;
  /** Whether there is more in the file than was read. */
  cut: boolean;
}

/** Reads a text file, at most `limit` bytes of it. */
export async function readText(url: string, limit: number, signal: AbortSignal): Promise<TextFile> {
  const response = await send(url, { signal, cache: "no-store" });
  if (response.status === 401) gate.close();
  if (!response.ok) throw new ApiError(await readProblem(response), readMeta(response));
  const reader = response.body?.getReader();
  if (reader === undefined) return { text: "", cut: false };
  const decoder = new TextDecoder();
  let text = "";
  let left = limit;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), cut: false };
    if (value.length > left) {
      text += decoder.decode(value.subarray(0, left));
      await reader.cancel();
      return { text, cut: true };
    }
    left -= value.length;
    text += decoder.decode(value, { stream: true });
  }
}
