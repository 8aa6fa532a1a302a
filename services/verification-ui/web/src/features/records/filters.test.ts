import { expect, test } from "vitest";

import { noFilters, quoted, readFilters, writeFilters, type Filters } from "@/features/records/filters";

const filled: Filters = {
  state: "undecided",
  labels: { sentiment: ["negative", "very positive"], topic: ["a"] },
  confidence: { from: 0.1, to: 0.4 },
  reasons: ["no_label"],
  words: 'money "back" and more',
  person: "ada",
  metadata: { country: "DE" },
  others: ['label differs from "j2"', "(rule = exact or rule = structured)"],
};

test("filters are written as the expression of the API, and read back as they were", () => {
  const text = writeFilters(filled);
  expect(text).toBe(
    'not verified and label.sentiment in (negative, "very positive") and label.topic = a and confidence >= 0.1 and confidence <= 0.4 and ' +
      'reason = no_label and text contains "money \\"back\\" and more" and decided_by = ada and metadata.country = DE and ' +
      'label differs from "j2" and (rule = exact or rule = structured)',
  );
  expect(readFilters(text)).toEqual(filled);
  expect(writeFilters(noFilters)).toBe("");
  expect(readFilters("")).toEqual(noFilters);
});

test.each([
  "rule = exact or verified",
  "confidence.sentiment < 0.5",
  "confidence >= 0.2 and confidence >= 0.3",
  "not (verified and needs_review)",
  'text matches "a and b"',
  "label.sentiment != negative",
  "verified and needs_review",
  "text contains #",
  "(verified",
  "label = negative",
])("what no control shows is kept to the letter: %s", (where) => {
  expect(writeFilters(readFilters(where))).toBe(where);
});

test("a filter beside an alternative keeps the meaning of both", () => {
  const filters = { ...readFilters("rule = exact or verified"), words: "refund" };
  expect(writeFilters(filters)).toBe('text contains "refund" and (rule = exact or verified)');
});

test("words of the language, and what is no word, stand in quotes", () => {
  expect(["plain", "two words", "and", "7", 'a"b', "non-ascii-ü"].map(quoted)).toEqual(["plain", '"two words"', '"and"', '"7"', '"a\\"b"', "non-ascii-ü"]);
});
