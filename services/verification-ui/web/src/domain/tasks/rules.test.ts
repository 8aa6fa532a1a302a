import { expect, test } from "vitest";

import type { LabelTask, LabelValue } from "@/lib/api/types";
import { problemWith } from "@/domain/tasks/rules";
import { option, span, tasks } from "@/testing/review-items";

const { tone, topics, names, stars, amount, summary } = tasks;
const exclusive: LabelTask = { ...names, overlaps: false };
const demanding: LabelTask = { ...names, attributes: [{ name: "sure", required: true, options: [option("yes"), option("no")] }] };

test.each<[string, LabelTask, LabelValue | undefined]>([
  ["one of the options", tone, "warm"],
  ["several of the options", topics, ["travel", "work"]],
  ["no spans, said on purpose", names, []],
  ["spans that overlap where they may", names, [span("Ada Ling", "person"), span("Ling", "place")]],
  ["a number on the grid", stars, 4],
  ["a number on a grid that floating point blurs", { ...amount, minimum: 0, maximum: 1, step: 0.1 }, 0.1 + 0.2],
  ["a text that matches as a whole", summary, "Été"],
  ["a text with a pattern that only Python knows", { ...summary, pattern: "(?P<x>a)" }, "whatever"],
])("fits: %s", (_, task, value) => {
  expect(problemWith(task, value)).toBeNull();
});

test.each<[string, LabelTask, LabelValue | undefined, RegExp]>([
  ["no label", tone, undefined, /pick one/i],
  ["too few labels", topics, [], /at least 1/i],
  ["too many labels", topics, ["travel", "work", "family"], /at most 2/i],
  ["nobody said whether there are spans", names, undefined, /or none/i],
  ["spans that overlap where they may not", exclusive, [span("Ada Ling", "person"), span("Ling", "place")], /overlap/i],
  ["an attribute that is needed", demanding, [span("Ada", "person")], /“Ada” needs sure/],
  ["a number out of range", stars, 6, /1 to 5/],
  ["a number off the grid", stars, 1.5, /steps of 1/],
  ["a text that is too long, counted in code points", summary, `E${"😀".repeat(20)}`, /at most 20/i],
  ["a text that matches only in part", summary, "a Été", /match/],
])("does not fit: %s", (_, task, value, says) => {
  expect(problemWith(task, value)).toMatch(says);
});

test("twenty emoji are twenty characters", () => {
  expect(problemWith({ ...summary, pattern: null }, "😀".repeat(20))).toBeNull();
});
