import { describe, expect, it } from "vitest";

import type { HelpRequest } from "../api/types";
import { golden } from "./golden";
import {
  answerLabel,
  append,
  endWords,
  foldHelp,
  fromPage,
  hear,
  isOpen,
  moved,
  nextOpen,
  optionOf,
  replace,
  touches,
} from "./help";

const needed = golden("event-operator-needed");
const question = golden("event-operator-needed-question", { position: 12 });
const answer = golden("control-answer-help", { position: 13 });
const closed = golden("event-operator-not-needed", { position: 14 });

function permission(more: Partial<HelpRequest> = {}): HelpRequest {
  const [request] = foldHelp([], [needed], "mend the parser");
  if (request === undefined) throw new Error("no request");
  return { ...request, ...more };
}

describe("requests of a run", () => {
  it("tell what is asked and what can be answered", () => {
    expect(permission()).toMatchObject({
      kind: "permission",
      runTitle: "mend the parser",
      question: "may the agent run this command?",
      detail: "exec_command: rm -rf build",
      state: "open",
      freeText: false,
      blocking: true,
    });
    expect(permission().options.map((option) => option.answer)).toEqual(["deny", "allow"]);
  });

  it("are answered, then closed; the first answer counts", () => {
    const [on] = foldHelp([], [needed, answer]);
    expect(on).toMatchObject({ state: "open", answer: "allow", answeredBy: "anna" });
    expect(isOpen(permission({ ...on }))).toBe(false);
    expect(endWords(permission({ ...on }))).toBe("Answered by anna: Run it once; on its way");
    const late = {
      ...answer,
      position: 15,
      source: "ben",
      data: { help: permission().id, answer: "deny" },
    };
    const all = foldHelp([], [needed, answer, closed, late]);
    expect(all[0]).toMatchObject({ state: "answered", answer: "allow", answeredBy: "anna" });
    expect(foldHelp(all, [needed, answer, closed])).toEqual(all);
  });

  it("stand with the open ones first", () => {
    const all = foldHelp([], [needed, question, closed]);
    expect(all.map(({ kind }) => kind)).toEqual(["question", "permission"]);
  });

  it.each([
    [{ state: "withdrawn" }, "Not needed any more"],
    [{ state: "timed_out" }, "Nobody answered in time"],
    [{ state: "answered", answer: "deny", answeredBy: "ada" }, "Answered by ada: Do not run it"],
    [{ state: "of_a_later_version" }, "of a later version"],
  ])("%j ended: %s", (more, words) => {
    expect(endWords(permission(more))).toBe(words);
  });
});

describe("the inbox", () => {
  const list = (...ids: string[]) => ids.map((id) => permission({ id }));
  const page = (ids: string[], nextCursor: string | null = null) =>
    fromPage({ helpRequests: list(...ids), nextCursor, open: 9 });

  it("goes on with further pages, each request once", () => {
    const more = append(page(["a", "b"], "x"), {
      helpRequests: list("b", "c"),
      nextCursor: null,
      open: 8,
    });
    expect(more.requests.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(more).toMatchObject({ nextCursor: null, open: 8 });
  });

  it("hears that one is closed, and counts it no more; a new one waits for the server", () => {
    const inbox = fromPage({ helpRequests: [permission()], nextCursor: null, open: 3 });
    const heard = hear(inbox, closed);
    expect(heard.open).toBe(2);
    expect(heard.requests[0]?.state).toBe("answered");
    expect(hear(heard, closed).open).toBe(2);
    expect(hear(inbox, question)).toBe(inbox);
    expect(replace(inbox, permission({ state: "withdrawn" })).open).toBe(2);
  });

  it("is walked with the keyboard, and its ends hold", () => {
    const requests = list("a", "b", "c");
    expect(moved(requests, null, 1)).toBe("a");
    expect(moved(requests, null, -1)).toBe("c");
    expect(moved(requests, "a", 1)).toBe("b");
    expect(moved(requests, "a", -1)).toBe("a");
    expect(moved(requests, "c", 1)).toBe("c");
    expect(moved([], null, 1)).toBeNull();
  });

  it("goes on to the next that is open after an answer", () => {
    const requests = [...list("a", "b"), permission({ id: "c", state: "answered" })];
    expect(nextOpen(requests, "a")).toBe("b");
    expect(nextOpen(requests, "b")).toBe("a");
    expect(nextOpen(list("a"), "a")).toBeNull();
  });

  it("answers by the digits of its options alone", () => {
    expect(optionOf(permission(), "1")).toBe("deny");
    expect(optionOf(permission(), "2")).toBe("allow");
    for (const key of ["3", "0", "a", "12", ""]) expect(optionOf(permission(), key)).toBeNull();
    expect(answerLabel(permission(), "allow")).toBe("Run it once");
    expect(answerLabel(permission(), "my own words")).toBe("my own words");
  });

  it("is read again after what can change it", () => {
    expect([needed, answer, closed].every(touches)).toBe(true);
    expect(touches(golden("event-output"))).toBe(false);
  });
});
