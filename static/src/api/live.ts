// Requests about a run's live session: who may watch, who may type, what was recorded.
import { request, runPath, sent } from "./client";
import type {
  ControlEventPage,
  GrantRequest,
  LiveSession,
  SessionAnswer,
  SessionNote,
  SessionRequest,
  WriteGrant,
} from "./types";

function path(id: string, rest = ""): string {
  return runPath(id, `/live-session${rest}`);
}

export function getLiveSession(id: string, signal?: AbortSignal) {
  return request<LiveSession>(path(id), { signal: signal ?? null });
}

/** Lets people watch. Asking twice changes nothing. */
export function enableSession(id: string, body: SessionRequest) {
  return request<LiveSession>(path(id), sent("POST", body));
}

export function revokeSession(id: string, body: SessionNote) {
  return request<SessionAnswer>(path(id, "/revoke"), sent("POST", body));
}

/** Its answer holds a secret, told once. */
export function grantWrite(id: string, body: GrantRequest) {
  return request<WriteGrant>(path(id, "/grant-write"), sent("POST", body));
}

/** More time for the grant that one holds. */
export function renewWrite(id: string, body: GrantRequest) {
  return request<SessionAnswer>(path(id, "/renew-write"), sent("POST", body));
}

/** Gives back the grant that one holds. */
export function releaseWrite(id: string, body: SessionNote) {
  return request<SessionAnswer>(path(id, "/release-write"), sent("POST", body));
}

/** Takes the grant from whoever has it. */
export function revokeWrite(id: string, body: SessionNote) {
  return request<SessionAnswer>(path(id, "/revoke-write"), sent("POST", body));
}

export function getControlEvents(id: string, after: string | null, signal?: AbortSignal) {
  const query = new URLSearchParams({ limit: "200" });
  if (after !== null) query.set("after", after);
  return request<ControlEventPage>(runPath(id, `/control-events?${query.toString()}`), {
    signal: signal ?? null,
  });
}

/** Where a terminal's frames come from. */
export function terminalPath(id: string, terminal: string): string {
  return path(id, `/terminal?terminal=${encodeURIComponent(terminal)}`);
}

/** Where an attempt's recording is read: asciicast, version 3. */
export function recordingPath(id: string, attempt: number, terminal: string): string {
  const query = new URLSearchParams({ attempt: String(attempt), terminal });
  return runPath(id, `/recording?${query.toString()}`);
}
