import { describe, expect, it } from "vitest";

import type { DeadLetterGroup } from "../api/types";
import {
  answerWords,
  append,
  fromPage,
  queryOf,
  redriveOf,
  redriveOne,
  total,
} from "./deadLetters";

const AT = "2026-01-02T03:04:05Z";

function group(code: string, count = 1): DeadLetterGroup {
  return { code, cause: "it broke", count, message: "", oldest: AT, newest: AT, samples: [] };
}

describe("dead letters", () => {
  it("are read page by page, no group twice", () => {
    const first = fromPage({ groups: [group("a", 3), group("b")], nextCursor: "n" });
    const both = append(first, { groups: [group("b"), group("c")], nextCursor: null });
    expect(both.groups.map((each) => each.code)).toEqual(["a", "b", "c"]);
    expect(both.nextCursor).toBeNull();
    expect(total(both)).toBe(5);
  });

  it("are asked for, and tried again, by cause", () => {
    expect(queryOf(group("a"), "gpu").toString()).toBe("code=a&cause=it+broke&pool=gpu");
    expect(redriveOf(group("a"), "", "")).toEqual({
      code: "a",
      cause: "it broke",
      limit: 1_000,
      dryRun: false,
    });
    expect(redriveOf(group("a"), "gpu", "mended")).toMatchObject({ pool: "gpu", note: "mended" });
    expect(redriveOne("r")).toEqual({ ids: ["r"], dryRun: false });
  });

  it("say what became of them", () => {
    const answer = { dryRun: false, redriven: ["a"], refused: [], remaining: 0 };
    expect(answerWords(answer)).toBe("1 run tried again");
    expect(answerWords({ ...answer, remaining: 2_000 })).toContain("2,000 runs left");
    const refused = [{ id: "b", detail: "it is running" }];
    expect(answerWords({ ...answer, refused })).toContain("b: it is running");
  });
});
