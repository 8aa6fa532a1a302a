import type { Outcome } from "@/lib/api/types";

/** Which annotations are listed; lives in the address. */
export interface AnnotationFilter {
  outcome?: Outcome;
  review?: true;
}

const outcomes: readonly string[] = ["labeled", "invalid", "failed"] satisfies Outcome[];

export function readAnnotationFilter(search: Record<string, unknown>): AnnotationFilter {
  return {
    ...(typeof search.outcome === "string" && outcomes.includes(search.outcome) && { outcome: search.outcome as Outcome }),
    ...((search.review === true || search.review === "true") && { review: true as const }),
  };
}
