import { expect, test } from "vitest";

import { thresholdOf } from "@/domain/review-policy";

test("a task has the threshold of its own, else that of the record", () => {
  const policy = { threshold: 0.7, tasks: { tone: { threshold: 0.9, review_without_confidence: null }, topic: { threshold: null, review_without_confidence: false } } };
  expect(["tone", "topic", "mood"].map((task) => thresholdOf(policy, task))).toEqual([0.9, 0.7, 0.7]);
  expect(thresholdOf({ threshold: 0, tasks: {} }, "tone")).toBe(0);
  expect(thresholdOf(null, "tone")).toBeNull();
});
