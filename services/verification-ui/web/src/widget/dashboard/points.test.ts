import { expect, test } from "vitest";

import { colorsOf, within } from "@/widget/dashboard/points";

test("a box selects what lies in it, whatever way it was dragged", () => {
  const points = [
    { id: "a", x: -0.5, y: 0.5, label: "good", text: "" },
    { id: "b", x: 0.5, y: -0.5, label: null, text: "" },
    { id: "c", x: 0.6, y: -0.4, label: "bad", text: "" },
  ];
  expect(within(points, { from: { x: 0.7, y: -0.3 }, to: { x: 0.4, y: -0.6 } })).toEqual(["b", "c"]);
  expect(within(points, { from: { x: 0, y: 0 }, to: { x: 0, y: 0 } })).toEqual([]);
  expect(new Set(colorsOf(["good", "bad"]).values()).size).toBe(2);
});
