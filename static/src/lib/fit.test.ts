import { describe, expect, it } from "vitest";

import { filling, fontSize, LARGEST_PX, SMALLEST_PX } from "./fit";

const CELL = { width: 0.6, height: 1.2 };

describe("a terminal's letters", () => {
  it("are as large as both directions allow, within reason", () => {
    expect(fontSize({ width: 720, height: 900 }, { cols: 120, rows: 40 }, CELL)).toBe(10);
    expect(fontSize({ width: 1_600, height: 480 }, { cols: 120, rows: 40 }, CELL)).toBe(10);
    expect(fontSize({ width: 9_000, height: 9_000 }, { cols: 80, rows: 24 }, CELL)).toBe(
      LARGEST_PX,
    );
    expect(fontSize({ width: 200, height: 200 }, { cols: 400, rows: 99 }, CELL)).toBe(SMALLEST_PX);
  });

  it("fill the room when the one who types asks for it", () => {
    expect(filling({ width: 720, height: 480 }, 10, CELL)).toEqual({ cols: 120, rows: 40 });
    expect(filling({ width: 10, height: 9_999 }, 10, CELL)).toEqual({ cols: 20, rows: 120 });
  });
});
