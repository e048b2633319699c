import { describe, expect, it } from "vitest";

import { suspicion, webAddress } from "./link";

describe("an address that a program printed", () => {
  it("is opened only if it is of the web", () => {
    expect(webAddress("https://example.org/a?b")).toBe("https://example.org/a?b");
    for (const bad of ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "no"]) {
      expect(webAddress(bad)).toBeNull();
    }
  });

  it("is warned of when it is not what it seems", () => {
    expect(suspicion("https://github.com@evil.example/")).toContain("leads to evil.example");
    expect(suspicion("https://xn--80ak6aa92e.com/")).toContain("look like");
    expect(suspicion("http://example.org/")).toContain("encrypted");
    expect(suspicion("https://example.org/")).toBeNull();
  });
});
