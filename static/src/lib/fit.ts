// How large a terminal is drawn. Its size in characters is the run's: a page scales the letters or
// leaves space, and never asks the run for another size by itself.

export const SMALLEST_PX = 5;
export const LARGEST_PX = 18;

/** The font size at which `cols` by `rows` fit into the room, in steps of half a pixel. `cell` is how
 * much of the font size a character takes. */
export function fontSize(
  room: { width: number; height: number },
  size: { cols: number; rows: number },
  cell: { width: number; height: number },
): number {
  const wide = room.width / (size.cols * cell.width);
  const high = room.height / (size.rows * cell.height);
  const fits = Math.floor(Math.min(wide, high) * 2) / 2;
  return Math.min(LARGEST_PX, Math.max(SMALLEST_PX, fits));
}

/** The size in characters that fills the room at a font size: what the one who types may ask for. */
export function filling(
  room: { width: number; height: number },
  font: number,
  cell: { width: number; height: number },
): { cols: number; rows: number } {
  const within = (value: number, least: number, most: number) =>
    Math.min(most, Math.max(least, Math.floor(value)));
  return {
    cols: within(room.width / (font * cell.width), 20, 400),
    rows: within(room.height / (font * cell.height), 5, 120),
  };
}
