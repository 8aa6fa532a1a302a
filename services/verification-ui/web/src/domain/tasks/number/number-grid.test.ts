import { expect, test } from "vitest";

import { gridOf, readNumber, stepped } from "@/domain/tasks/number/number-grid";
import { tasks } from "@/testing/review-items";

const tenths = { ...tasks.amount, minimum: 0.1, maximum: 1, step: 0.1 };

test("few numbers are offered as they are written, many are not", () => {
  expect(gridOf(tasks.stars)).toEqual([1, 2, 3, 4, 5]);
  expect(gridOf(tenths)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  expect(gridOf(tasks.amount)).toBeNull();
  expect(gridOf({ ...tasks.stars, step: null })).toBeNull();
});

test("steps stay on the grid and within the bounds", () => {
  expect(stepped(tenths, 0.2, 1)).toBe(0.3);
  expect(stepped(tenths, 0.25, 1)).toBe(0.3);
  expect(stepped(tenths, 0.25, -1)).toBe(0.2);
  expect(stepped(tenths, 1, 1)).toBe(1);
  expect(stepped(tasks.amount, 3, -10)).toBe(0);
  expect(stepped(tasks.amount, undefined, 1)).toBe(0);
  expect(stepped({ ...tasks.stars, maximum: 5.5, step: 2 }, 5, 1)).toBe(5);
});

test.each([
  ["4,5", 4.5],
  [" 4.5 ", 4.5],
  ["-3", -3],
  ["−3", -3],
  ["", null],
  ["1.000,5", null],
  ["12 apples", null],
  ["Infinity", null],
])("%j is read as %j", (typed, number) => {
  expect(readNumber(typed)).toBe(number);
});

test("no minus is lost, whichever one is typed or pasted", () => {
  for (const typed of ["-4.5", "−4.5", "–4,5", "—4.5", "﹣4.5", "－4.5", "‐4.5"]) expect(readNumber(typed)).toBe(-4.5);
});
