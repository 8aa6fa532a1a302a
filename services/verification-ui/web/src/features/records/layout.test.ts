import { expect, test } from "vitest";

import { moved, ordered, readLayout } from "@/features/records/layout";

test("a column that is new since the order was kept stands behind the one before it", () => {
  expect(ordered(["text", "mood", "topic", "when"], ["when", "text", "gone"])).toEqual(["when", "text", "mood", "topic"]);
});

test("a column takes the place of the one it is put on, from both sides", () => {
  expect(moved(["a", "b", "c", "d"], "a", "c")).toEqual(["b", "c", "a", "d"]);
  expect(moved(["a", "b", "c", "d"], "d", "b")).toEqual(["a", "d", "b", "c"]);
});

test("what another version kept is read as far as it fits", () => {
  expect(readLayout({ order: ["a", 3], shown: { a: false, b: "no" }, widths: { a: 120, b: -4 } })).toEqual({ order: ["a"], shown: { a: false }, widths: { a: 120 } });
  expect(readLayout("nonsense")).toEqual({ order: [], shown: {}, widths: {} });
});
