import type { LabelOption, LabelValue, ReviewItem, Suggestion } from "@/lib/api/types";

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
    suggestions: [suggestion("sentiment", "positive", { probabilities: { positive: 0.41, neutral: 0.35, negative: 0.24 }, margin: 0.06 })],
    tasks: [
      {
        kind: "single_choice",
        name: "sentiment",
        question: "What does the writer feel?",
        options: [option("positive", { name: "Positive" }), option("neutral"), option("negative", { name: "Negative" })],
      },
    ],
    skips: 0,
    reservation: `reservation-${seq}`,
    reserved_until: "2026-01-01T00:00:00Z",
    ...change,
  };
}

export const option = (value: string, change: Partial<LabelOption> = {}): LabelOption => ({ value, name: "", description: "", aliases: [], ...change });

export const suggestion = (task: string, value: LabelValue, change: Partial<Suggestion> = {}): Suggestion => ({
  task,
  value,
  confidence: 0.41,
  confidence_method: "token_probability",
  confidence_missing_reason: null,
  probabilities: null,
  span_confidences: null,
  margin: null,
  ...change,
});
