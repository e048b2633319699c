// What the inbox shows, in the page's address and in the question to the server.

export interface InboxFilters {
  /** `open`, or how requests ended; empty for all. */
  state: string;
  kind: string;
  pool: string;
  run: string;
}

/** The states, as the filter offers them. */
export const HELP_STATES: readonly { state: string; label: string }[] = [
  { state: "open", label: "Open" },
  { state: "answered", label: "Answered" },
  { state: "withdrawn", label: "Not needed any more" },
  { state: "timed_out", label: "Not answered in time" },
  { state: "run_ended", label: "Ended with the attempt" },
  { state: "", label: "All" },
];

const NAMES = ["kind", "pool", "run"] as const;

/** Without a word about states, the open ones are meant. */
export function readInbox(query: URLSearchParams): InboxFilters {
  const given = query.get("state");
  const state = given === "all" ? "" : (given ?? "open");
  const [kind, pool, run] = NAMES.map((name) => query.get(name)?.trim() ?? "");
  return { state, kind: kind ?? "", pool: pool ?? "", run: run ?? "" };
}

/** The page's address. */
export function writeInbox(filters: InboxFilters): URLSearchParams {
  const query = new URLSearchParams();
  if (filters.state !== "open") query.set("state", filters.state === "" ? "all" : filters.state);
  return named(query, filters);
}

/** The question to the server. */
export function askInbox(filters: InboxFilters): URLSearchParams {
  const query = new URLSearchParams();
  if (filters.state !== "") query.set("state", filters.state);
  return named(query, filters);
}

function named(query: URLSearchParams, filters: InboxFilters): URLSearchParams {
  for (const name of NAMES) if (filters[name] !== "") query.set(name, filters[name]);
  return query;
}

/** Whether anything but the usual is left out. */
export function isNarrow(filters: InboxFilters): boolean {
  return filters.state !== "open" || NAMES.some((name) => filters[name] !== "");
}
