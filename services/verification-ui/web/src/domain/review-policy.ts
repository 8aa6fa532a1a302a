import type { ReviewPolicy } from "@/lib/api/types";

/** Labels of the task that are less sure than this are reviewed; null as long as the policy is not known. */
export const thresholdOf = (policy: Pick<ReviewPolicy, "threshold" | "tasks"> | null, task: string): number | null =>
  policy === null ? null : (policy.tasks[task]?.threshold ?? policy.threshold);
