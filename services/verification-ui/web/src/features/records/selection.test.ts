import { expect, test } from "vitest";

import { nextOrder, readRecordsView } from "@/features/records/records-view";
import { isSelected, nothing, toggle, withRange } from "@/features/records/selection";

const rows = [4, 7, 9, 12].map((seq) => ({ seq, record_id: `r${seq}` }));

test("rows are taken one by one and by stretches, in both directions", () => {
  const one = toggle(nothing, { seq: 7, record_id: "r7" });
  expect([...withRange(one, rows, 3, 2).some]).toEqual([
    [7, "r7"],
    [9, "r9"],
    [12, "r12"],
  ]);
  expect([...toggle(one, { seq: 7, record_id: "r7" }).some]).toEqual([]);
});

test("all that match holds rows that nobody has seen yet, until one of them is pressed", () => {
  const all = { all: true, some: new Map() };
  expect(isSelected(all, 999)).toBe(true);
  expect([...toggle(all, { seq: 9, record_id: "r9" }).some.keys()]).toEqual([9]);
});

test("the address says what is looked at, and nothing else", () => {
  expect(readRecordsView({ where: "verified", order: "-confidence", record: 7, more: 1 })).toEqual({ where: "verified", order: "-confidence", record: 7 });
  expect(readRecordsView({ where: "  ", order: "seq", record: -1 })).toEqual({});
});

test("the head of a column turns the order around, then gives the first one back", () => {
  expect(["seq", "confidence", "-confidence", "state"].map((order) => nextOrder(order, "confidence"))).toEqual(["confidence", "-confidence", "seq", "confidence"]);
});
