export interface Point {
  id: string;
  /** Between -1 and 1. */
  x: number;
  y: number;
  label: string | null;
  text: string;
}

/** Two corners, in the points' own units. */
export interface Box {
  from: { x: number; y: number };
  to: { x: number; y: number };
}

/** The ids of the points within a box. */
export function within(points: readonly Point[], { from, to }: Box): string[] {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [low, high] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  return points.filter(({ x, y }) => x >= left && x <= right && y >= low && y <= high).map(({ id }) => id);
}

const palette = ["#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2", "#97bbf5", "#9c6b4e", "#ff8ab7"];

/** A colour for each label, the most frequent first; those behind the palette's end share grey. */
export const colorsOf = (labels: readonly string[]): Map<string, string> =>
  new Map(labels.map((label, place) => [label, palette[place] ?? "#9498a0"]));
