import { expect, test } from "vitest";

import { Words } from "@/domain/words";

const snapped = (text: string, part: string): string | null => {
  const start = text.indexOf(part);
  const stretch = new Words(text).snap({ start, end: start + part.length });
  return stretch && text.slice(stretch.start, stretch.end);
};

test.each([
  ["from the Zürich office", "ric", "Zürich"],
  ["from the Zürich office", " Zürich ", "Zürich"],
  ["from the Zürich office", "h of", "Zürich office"],
  ["It isn't 4.50 EUR.", "sn", "isn't"],
  ["It isn't 4.50 EUR.", "50", "4.50"],
  ["a crew 👩‍🚀👨‍👩‍👧 here", "\u{1f680}", "👩‍🚀"],
  ["Cafe\u0301s here", "Cafe", "Cafe\u0301s"],
])("in %j, dragging over %j marks %j", (text, part, wanted) => {
  expect(snapped(text, part)).toBe(wanted);
});

test("blanks alone mark nothing", () => {
  expect(snapped("a   b", "  ")).toBeNull();
});

test("the keyboard stops at words, numbers and emoji, and passes over punctuation", () => {
  const text = "Well, 240 € … 😤!";
  expect(new Words(text).stops.map(({ start, end }) => text.slice(start, end))).toEqual(["Well", "240", "€", "😤"]);
});
