import type { ReviewItem } from "@/lib/api/types";

/** An item of the review queue, for tests. */
export function reviewItem(seq: number, change: Partial<ReviewItem> = {}): ReviewItem {
  return {
    item_id: `job:${seq}`,
    job_id: "job",
    seq,
    record_id: `tweet-${seq}`,
    fields: { text: `The text of record ${seq}` },
    attempt: 1,
    outcome: "labeled",
    reason: "low_confidence",
    detail: null,
    raw: null,
    suggestion: {
      task: "sentiment",
      value: "positive",
      confidence: 0.41,
      confidence_method: "token_probability",
      confidence_missing_reason: null,
      probabilities: { positive: 0.41, neutral: 0.35, negative: 0.24 },
      margin: 0.06,
    },
    task: {
      name: "sentiment",
      question: "What does the writer feel?",
      options: [
        { value: "positive", name: "Positive", description: "" },
        { value: "neutral", name: "", description: "" },
        { value: "negative", name: "Negative", description: "" },
      ],
    },
    skips: 0,
    reservation: `reservation-${seq}`,
    reserved_until: "2026-01-01T00:00:00Z",
    ...change,
  };
}
