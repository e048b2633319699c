import { describe, expect, it } from "vitest";

import { askInbox, isNarrow, readInbox, writeInbox } from "./inboxFilters";

describe("the inbox's filters", () => {
  it.each([
    ["", "state=open", false],
    ["state=all", "", true],
    ["state=answered&kind=permission", "state=answered&kind=permission", true],
    ["pool=gpu&run=r-1", "state=open&pool=gpu&run=r-1", true],
    ["pool=+&other=1", "state=open", false],
  ])("of the address %j ask %j", (address, question, narrow) => {
    const filters = readInbox(new URLSearchParams(address));
    expect(askInbox(filters).toString()).toBe(question);
    expect(isNarrow(filters)).toBe(narrow);
  });

  it("stand in the address as they were read from it", () => {
    for (const address of ["", "state=all", "state=answered&kind=permission", "pool=gpu&run=r-1"]) {
      const filters = readInbox(new URLSearchParams(address));
      expect(writeInbox(filters).toString()).toBe(address);
    }
  });
});
