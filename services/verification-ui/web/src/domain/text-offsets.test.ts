import { expect, test } from "vitest";

import { TextOffsets } from "@/domain/text-offsets";

const family = "👨‍👩‍👧"; // five code points, eight units

test.each([
  ["plain", "plain"],
  ["behind an emoji", "😀 Zoë"],
  ["behind joined emoji", `${family} and ${family} again`],
  ["combining characters", "e\u0301tude in Zu\u0308rich 🎻"],
  ["empty", ""],
])("places go there and back: %s", (_, text) => {
  const offsets = new TextOffsets(text);
  const points = Array.from(text);
  expect(offsets.length).toBe(points.length);
  for (let point = 0; point <= points.length; point++) {
    const unit = offsets.unitOf(point);
    expect(unit).toBe(points.slice(0, point).join("").length);
    expect(offsets.pointOf(unit)).toBe(point);
  }
});

test("a unit within a pair belongs to its code point, and what lies outside to the nearest end", () => {
  const offsets = new TextOffsets("a😀b");
  expect(offsets.pointOf(2)).toBe(1);
  expect([offsets.unitOf(-3), offsets.unitOf(99), offsets.pointOf(99)]).toEqual([0, 4, 3]);
});
