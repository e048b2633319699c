// The filters of the runs list, as the URL keeps them. The URL is their only home.
import { STATES, type StateName } from "./run";

export interface Filters {
  /** Empty: every state. */
  states: StateName[];
  type: string;
  pool: string;
  search: string;
}

export const NO_FILTERS: Filters = { states: [], type: "", pool: "", search: "" };

/** Reads a query; what is unknown in it is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const given = query.getAll("state").flatMap((value) => value.split(","));
  return {
    states: STATES.filter((state) => given.includes(state)),
    type: query.get("type") ?? "",
    pool: query.get("pool") ?? "",
    search: query.get("q") ?? "",
  };
}

/** The query that stands for these filters, the same for the page and for the API. */
export function writeFilters(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  if (filters.states.length > 0) query.set("state", filters.states.join(","));
  if (filters.type !== "") query.set("type", filters.type);
  if (filters.pool !== "") query.set("pool", filters.pool);
  if (filters.search !== "") query.set("q", filters.search);
  return query;
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters(filters).size > 0;
}
