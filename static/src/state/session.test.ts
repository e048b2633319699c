import { describe, expect, it } from "vitest";

import type { Me } from "../api/types";
import { ASKING, described, step, whyNot, type Role, type Session } from "./session";

const ADA: Me = { name: "ada", kind: "operator", role: "operator", by: "sign_in" };

function known(me: Me = ADA): Session {
  return step(ASKING, { type: "told", me });
}

describe("a session", () => {
  it("asks for a sign-in, without a reproach to whoever just came", () => {
    expect(step(ASKING, { type: "refused" })).toEqual({ state: "unknown", why: "", before: null });
  });

  it("says why it ended, once, and remembers whose it was", () => {
    const over = step(known(), { type: "refused" });
    expect(over).toMatchObject({ state: "unknown", before: ADA });
    expect(over.state === "unknown" && over.why).toContain("revoked");
    expect(step(over, { type: "refused" })).toBe(over);
    expect(step(over, { type: "told", me: ADA })).toEqual(known());
  });

  it("that was left is not blamed on anybody", () => {
    const left = step(known(), { type: "left" });
    expect(left).toEqual({ state: "unknown", why: "You are signed out.", before: null });
    expect(step(left, { type: "refused" })).toBe(left);
  });
});

describe("what a role may do", () => {
  const ROLES: Role[] = ["viewer", "operator", "admin"];
  it.each(ROLES.flatMap((has, a) => ROLES.map((needs, b) => [has, needs, a >= b] as const)))(
    "%s, where %s is needed: %s",
    (role, needs, may) => {
      expect(whyNot(known({ ...ADA, role }), needs) === null).toBe(may);
    },
  );

  it("is nothing for workers, unknown roles, and whoever is not known", () => {
    expect(whyNot(known({ ...ADA, kind: "worker", role: null }), "viewer")).toContain("worker");
    expect(whyNot(known({ ...ADA, role: "emperor" }), "viewer")).not.toBeNull();
    expect(whyNot(ASKING, "viewer")).toContain("not said yet");
    expect(whyNot(step(ASKING, { type: "refused" }), "viewer")).toBe("sign in first");
  });

  it("is told in the header", () => {
    expect(described(ADA)).toBe("ada, operator");
    expect(described({ ...ADA, by: "default" })).toBe("ada, operator without a token");
  });
});
