import { describe, expect, it } from "vitest";

import { CastError, eventsUpTo, markerFrom, parseCast, sizeOf, squeezed } from "./cast";

const TEXT = `{"version":3,"term":{"cols":100,"rows":30,"type":"xterm-256color"},"timestamp":1763712000}
# a comment
[0.5,"o","a\\r\\n"]
[1.0,"r","132x43"]
[20.0,"m","{\\"kind\\":\\"granted\\",\\"holder\\":\\"ada\\"}"]
[0.25,"o","\\u001b[31mb"]
[0.25,"z","of a later version"]
[1.0,"x","0"]
[0.1,"o","cut`;

// B-07
describe("a recording", () => {
  const cast = parseCast(TEXT);

  it("is read, up to a line that is still being written", () => {
    expect(cast).toMatchObject({ size: { cols: 100, rows: 30 }, began: 1_763_712_000, unread: 1 });
    expect(cast.events.map(({ at, code }) => [at, code])).toEqual([
      [0.5, "o"],
      [1.5, "r"],
      [21.5, "m"],
      [21.75, "o"],
      [23, "x"],
    ]);
    expect(cast.length).toBe(23);
  });

  it("has markers in words, and leads from one to the next", () => {
    expect(cast.markers).toEqual([{ at: 21.5, label: "Somebody may type: ada" }]);
    expect(markerFrom(cast, 0, false)?.at).toBe(21.5);
    expect(markerFrom(cast, 21.5, false)).toBeNull();
    expect(markerFrom(cast, 23, true)?.at).toBe(21.5);
  });

  it("waits no longer than asked", () => {
    const short = squeezed(cast, 2);
    expect(short.events.map(({ at }) => at)).toEqual([0.5, 1.5, 3.5, 3.75, 5]);
    expect(short.length).toBe(5);
    expect(short.markers[0]?.at).toBe(3.5);
  });

  it("is found by time", () => {
    expect([0, 0.5, 1, 22, 99].map((at) => eventsUpTo(cast.events, at))).toEqual([0, 1, 1, 4, 5]);
  });

  it("says its sizes", () => {
    expect(sizeOf("132x43")).toEqual({ cols: 132, rows: 43 });
    expect(sizeOf("1x5")).toBeNull();
    expect(sizeOf("nonsense")).toBeNull();
  });

  it("that is none is refused", () => {
    for (const text of ["", "{}", '{"version":2,"width":80}', '{"version":3}']) {
      expect(() => parseCast(text)).toThrow(CastError);
    }
  });
});
