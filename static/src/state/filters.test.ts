import { describe, expect, it } from "vitest";

import { isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";

describe("filters", () => {
  it("are read from the URL and written back", () => {
    const query = new URLSearchParams("q=a+b&state=failed,running&type=command&pool=gpu");
    const filters = readFilters(query);
    expect(filters).toEqual({
      states: ["running", "failed"],
      type: "command",
      pool: "gpu",
      search: "a b",
    });
    expect(readFilters(writeFilters(filters))).toEqual(filters);
  });

  it("leave out states that do not exist", () => {
    expect(readFilters(new URLSearchParams("state=lost&state=queued")).states).toEqual(["queued"]);
  });

  it("are none by default", () => {
    expect(isFiltered(NO_FILTERS)).toBe(false);
    expect(readFilters(new URLSearchParams())).toEqual(NO_FILTERS);
  });
});
