import type { Outcome } from "@/lib/api/types";

/** Which annotations are listed. */
export interface AnnotationFilter {
  outcome?: Outcome;
  review?: true;
}

/** What of a job is looked at; lives in the address. */
export interface JobView extends AnnotationFilter {
  /** The seq of the record that is open. */
  record?: number;
}

const outcomes: readonly string[] = ["labeled", "invalid", "failed"] satisfies Outcome[];

export function readJobView(search: Record<string, unknown>): JobView {
  return {
    ...(typeof search.outcome === "string" && outcomes.includes(search.outcome) && { outcome: search.outcome as Outcome }),
    ...(Number.isInteger(search.record) && Number(search.record) >= 0 && { record: Number(search.record) }),
    ...((search.review === true || search.review === "true") && { review: true as const }),
  };
}
