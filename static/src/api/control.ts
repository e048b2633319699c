// Requests about a run's agent and the people it needs: messages to it, and its requests for help.
import { request, runPath, sent } from "./client";
import type {
  HelpAnswerRequest,
  HelpRequestPage,
  MessageRequest,
  OperatorMessagePage,
} from "./types";

export function listMessages(id: string, cursor: string | null, signal?: AbortSignal) {
  const query = new URLSearchParams({ limit: "200" });
  if (cursor !== null) query.set("cursor", cursor);
  return request<OperatorMessagePage>(runPath(id, `/operator-messages?${query.toString()}`), {
    signal: signal ?? null,
  });
}

/** Under one key a message is sent once, however often that is tried. */
export async function sendMessage(id: string, body: MessageRequest, key: string): Promise<void> {
  const post = sent("POST", body);
  const headers = { ...post.headers, "Idempotency-Key": key };
  await request<unknown>(runPath(id, "/operator-messages"), { ...post, headers });
}

/** Takes back a message that the agent was not handed yet. */
export async function takeBack(id: string, message: string): Promise<void> {
  const path = runPath(id, `/operator-messages/${encodeURIComponent(message)}`);
  await request<unknown>(path, { method: "DELETE" });
}

export function listHelp(query: URLSearchParams, signal?: AbortSignal) {
  return request<HelpRequestPage>(`/api/help-requests?${query.toString()}`, {
    signal: signal ?? null,
  });
}

export async function answerHelp(id: string, body: HelpAnswerRequest): Promise<void> {
  const path = `/api/help-requests/${encodeURIComponent(id)}/answer`;
  await request<unknown>(path, sent("POST", body));
}
