import { describe, expect, it } from "vitest";

import { bytes, duration, madeAt, relative, repositoryName, ticking } from "./format";

describe("figures", () => {
  it.each([
    [0, "0 ms"],
    [320, "320 ms"],
    [4_200, "4.2 s"],
    [59_900, "59 s"],
    [185_000, "3 min 5 s"],
    [7_800_000, "2 h 10 min"],
    [273_600_000, "3 d 4 h"],
  ])("duration of %d", (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it.each([
    [200, "0 s"],
    [4_900, "4 s"],
    [61_000, "1 min 1 s"],
  ])("a ticking duration of %d", (ms, words) => {
    expect(ticking(ms)).toBe(words);
  });

  it.each([
    [0, "just now"],
    [12_000, "12 s ago"],
    [-8_500, "in 8 s"],
    [3_700_000, "1 h ago"],
  ])("%d ms before", (ms, words) => {
    expect(relative(1e12 - ms, 1e12)).toBe(words);
  });

  it.each([
    [812, "812 B"],
    [1_434, "1.4 KiB"],
    [3_145_728, "3.0 MiB"],
  ])("%d bytes", (count, words) => {
    expect(bytes(count)).toBe(words);
  });

  it.each([
    ["https://user:secret@git.example.org/team/app.git", "git.example.org/team/app"],
    ["git@example.org:team/app.git", "example.org:team/app"],
    ["/srv/repositories/app.git", "/srv/repositories/app.git"],
  ])("the repository %s", (url, name) => {
    expect(repositoryName(url)).toBe(name);
  });

  it("the time in an id", () => {
    expect(madeAt("0193a1b2-c3d4-7000-8000-000000000000")).toBe(0x0193a1b2c3d4);
    expect(madeAt("0193a1b2-c3d4-4000-8000-000000000000")).toBeNull();
    expect(madeAt("nonsense")).toBeNull();
  });
});
