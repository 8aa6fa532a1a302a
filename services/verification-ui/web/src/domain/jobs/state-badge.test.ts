import { expect, test } from "vitest";

import { outcomeOf } from "@/domain/jobs/state-badge";
import type { Job } from "@/lib/api/types";

const job = (state: Job["state"], labeled: number, failed: number, invalid = 0): Pick<Job, "state" | "counts"> => ({
  state,
  counts: { labeled, invalid, failed, not_run: 0, needs_review: 0 } as Job["counts"],
});

test.each([
  [job("completed", 40, 0), "good", "Completed"],
  [job("completed", 30, 10), "good", "Completed"],
  [job("completed", 0, 40), "bad", "Ended: all records failed"],
  [job("completed", 0, 1, 39), "bad", "Ended: no answer could be read"],
  [job("completed", 10, 30), "warn", "Ended: most records have no label"],
  [job("completed", 0, 0), "good", "Completed"],
  [job("running", 0, 40), "accent", "Running"],
] as const)("a job is shown as it went: %o is %s, %s", (one, tone, word) => {
  expect(outcomeOf(one)).toMatchObject({ tone, word });
});
