// Requests for a person: those of one run or of the fleet, with what the events say besides, and
// which one the keyboard is at.
import type { EventRecord, HelpRequest, HelpRequestPage } from "../api/types";
import { flag, objects, text } from "./data";

export interface Inbox {
  /** The open ones oldest first, the others newest first. */
  requests: readonly HelpRequest[];
  /** Where the list goes on; null if it does not. */
  nextCursor: string | null;
  /** How many are open over the whole fleet. */
  open: number;
}

export function fromPage(page: HelpRequestPage): Inbox {
  const { helpRequests: requests, nextCursor, open } = page;
  return { requests, nextCursor: nextCursor ?? null, open };
}

/** The list with a further page of it. */
export function append(inbox: Inbox, page: HelpRequestPage): Inbox {
  const known = new Set(inbox.requests.map(({ id }) => id));
  const news = page.helpRequests.filter(({ id }) => !known.has(id));
  return { ...fromPage(page), requests: [...inbox.requests, ...news] };
}

/** The requests after events of one run, in the list's order. Every event may be known already. */
export function foldHelp(
  base: readonly HelpRequest[],
  events: readonly EventRecord[],
  title = "",
): HelpRequest[] {
  const known = new Map(base.map((request) => [request.id, request]));
  for (const event of events) {
    if (event.effective === false) continue;
    const next = step(known, event, title);
    if (next !== null) known.set(next.id, next);
  }
  return [...known.values()].sort(order);
}

/** The list with what one event says about requests in it. */
export function hear(inbox: Inbox, event: EventRecord): Inbox {
  const known = new Map(inbox.requests.map((request) => [request.id, request]));
  const next = step(known, event, "");
  // One that is new waits for the server, which knows its run and whether it belongs here.
  if (next === null || !known.has(next.id)) return inbox;
  const was = known.get(next.id);
  const requests = inbox.requests.map((request) => (request.id === next.id ? next : request));
  const closed = was?.state === "open" && next.state !== "open" ? 1 : 0;
  return { ...inbox, requests, open: Math.max(0, inbox.open - closed) };
}

/** The list with one request as the server tells it. */
export function replace(inbox: Inbox, request: HelpRequest): Inbox {
  const was = inbox.requests.find(({ id }) => id === request.id);
  const closed = was?.state === "open" && request.state !== "open" ? 1 : 0;
  const requests = inbox.requests.map((each) => (each.id === request.id ? request : each));
  return { ...inbox, requests, open: Math.max(0, inbox.open - closed) };
}

function order(a: HelpRequest, b: HelpRequest): number {
  const [openA, openB] = [a.state === "open", b.state === "open"];
  if (openA !== openB) return openA ? -1 : 1;
  const older = Date.parse(a.openedAt) - Date.parse(b.openedAt) || a.id.localeCompare(b.id);
  return openA ? older : -older;
}

function step(
  known: ReadonlyMap<string, HelpRequest>,
  event: EventRecord,
  title: string,
): HelpRequest | null {
  const request = known.get(text(event, "help") ?? "");
  switch (event.type) {
    case "operator_needed":
      return request === undefined ? needed(event, title) : null;
    case "help_answered":
      return request === undefined ? null : answered(request, event);
    case "operator_not_needed":
      return request === undefined ? null : closed(request, event);
    default:
      return null;
  }
}

function needed(event: EventRecord, title: string): HelpRequest | null {
  const id = text(event, "help");
  if (id === null) return null;
  return {
    id,
    taskRunId: event.runId,
    runTitle: title,
    attempt: event.attempt ?? 0,
    workerId: event.source,
    kind: text(event, "kind") ?? "question",
    question: text(event, "question") ?? "",
    detail: text(event, "detail"),
    options: objects(event, "options").map((each) => ({
      answer: String(each.answer),
      label: String(each.label),
    })),
    freeText: flag(event, "freeText"),
    blocking: flag(event, "blocking"),
    state: "open",
    openedAt: event.at,
    answeredAt: null,
    closedAt: null,
    end: null,
    answer: null,
    note: null,
    answeredBy: null,
  };
}

/** The first answer counts. */
function answered(request: HelpRequest, event: EventRecord): HelpRequest | null {
  if (request.answeredAt != null || request.state !== "open") return null;
  return {
    ...request,
    answeredAt: event.at,
    answer: text(event, "answer"),
    note: text(event, "note"),
    answeredBy: event.source,
  };
}

function closed(request: HelpRequest, event: EventRecord): HelpRequest | null {
  if (request.closedAt != null) return null;
  const end = text(event, "end") ?? "withdrawn";
  return { ...request, state: end, end, closedAt: event.at };
}

/** Whether somebody can still answer it. */
export function isOpen(request: HelpRequest): boolean {
  return request.state === "open" && request.answeredAt == null;
}

const KINDS: Record<string, string> = {
  question: "Question",
  permission: "Permission",
  retries_used_up: "Out of tries",
  policy: "Held by rule",
  budget: "Budget used up",
  stall: "Stalled",
};

/** The kinds, in the order that a filter offers them. */
export const HELP_KINDS: readonly string[] = Object.keys(KINDS);

export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll("_", " ");
}

const ENDS: Record<string, string> = {
  answered: "Answered",
  withdrawn: "Not needed any more",
  timed_out: "Nobody answered in time",
  run_ended: "Its attempt ended first",
};

/** How a request ended, or that its answer is on its way. */
export function endWords(request: HelpRequest): string {
  const said = request.answer == null ? "" : `: ${answerLabel(request, request.answer)}`;
  const by = request.answeredBy == null ? "" : ` by ${request.answeredBy}`;
  if (request.state === "open") return `Answered${by}${said}; on its way`;
  const words = ENDS[request.state] ?? request.state.replaceAll("_", " ");
  return request.state === "answered" ? `${words}${by}${said}` : words;
}

/** An answer as people chose it. */
export function answerLabel(request: HelpRequest, answer: string): string {
  return request.options.find((option) => option.answer === answer)?.label ?? answer;
}

/** The option that a digit key stands for; null if it stands for none. */
export function optionOf(request: HelpRequest, key: string): string | null {
  if (!/^[1-9]$/.test(key)) return null;
  return request.options[Number(key) - 1]?.answer ?? null;
}

/** Where the keyboard is after a move; the first or last stays where it is. */
export function moved(
  requests: readonly HelpRequest[],
  selected: string | null,
  by: 1 | -1,
): string | null {
  const at = requests.findIndex(({ id }) => id === selected);
  if (at === -1) return (by === 1 ? requests[0] : requests.at(-1))?.id ?? null;
  const to = Math.min(requests.length - 1, Math.max(0, at + by));
  return requests[to]?.id ?? null;
}

/** Where the keyboard goes once this one is answered: to the next that is open. */
export function nextOpen(requests: readonly HelpRequest[], after: string): string | null {
  const at = requests.findIndex(({ id }) => id === after);
  const rest = [...requests.slice(at + 1), ...requests.slice(0, Math.max(0, at))];
  return rest.find((request) => request.id !== after && isOpen(request))?.id ?? null;
}

/** Whether an event can change what the inbox shows. Tries that are used up are told by no event
 * of their own. */
export function touches(event: EventRecord): boolean {
  return TOUCHING.has(event.type);
}

const TOUCHING = new Set([
  "operator_needed",
  "operator_not_needed",
  "help_answered",
  "failed",
  "lease_lost",
  "redriven",
  "cancelled",
  "succeeded",
]);
