import type {
  LabelOption,
  LabelSpan,
  LabelValue,
  MultipleChoiceTask,
  NumberTask,
  ReviewItem,
  SingleChoiceTask,
  SpanTask,
  Suggestion,
  TextTask,
} from "@/lib/api/types";

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
    causes: [],
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
    blind: false,
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

/** One task of each kind; numbers as buttons and as a field. */
export const tasks = {
  tone: { kind: "single_choice", name: "tone", question: "", options: [option("warm", { key: "w" }), option("cold")] } satisfies SingleChoiceTask,
  topics: {
    kind: "multiple_choice",
    name: "topics",
    question: "",
    at_least: 1,
    at_most: 2,
    options: [option("travel"), option("work"), option("family")],
  } satisfies MultipleChoiceTask,
  names: {
    kind: "span",
    name: "names",
    question: "",
    field: null,
    overlaps: true,
    attributes: [],
    options: [option("person"), option("place")],
  } satisfies SpanTask,
  stars: { kind: "number", name: "stars", question: "", minimum: 1, maximum: 5, step: 1, unit: "" } satisfies NumberTask,
  amount: { kind: "number", name: "amount", question: "", minimum: 0, maximum: 1000, step: 0.5, unit: "EUR" } satisfies NumberTask,
  summary: { kind: "text", name: "summary", question: "", min_length: 1, max_length: 20, pattern: "\\p{Lu}.*" } satisfies TextTask,
};

/** Emoji and letters with combining accents before what is marked, so that the two ways of counting differ. */
export const spanText = "👩‍🚀 Ada Ling flew to Zu\u0308rich on Monday.";

/** The first place of the words in `spanText`, counted as spans are stored. */
export function span(words: string, label: string, attributes: Record<string, string> = {}): LabelSpan {
  const start = Array.from(spanText.slice(0, spanText.indexOf(words))).length;
  return { field: "text", start, end: start + Array.from(words).length, text: words, label, attributes };
}

/** An item with all of these tasks, for each of which the model has a label. */
export function itemOfAllKinds(seq: number, change: Partial<ReviewItem> = {}): ReviewItem {
  return reviewItem(seq, {
    fields: { text: spanText },
    tasks: Object.values(tasks),
    suggestions: [
      suggestion("tone", "warm", { confidence: 0.9, probabilities: { warm: 0.9, cold: 0.1 } }),
      suggestion("topics", ["travel"], { confidence: 0.9 }),
      suggestion("names", [span("Ada", "person"), span("Zu\u0308rich", "place")], { confidence: 0.9, span_confidences: [0.95, 0.9] }),
      suggestion("stars", 4, { confidence: 0.9 }),
      suggestion("amount", 240, { confidence: 0.9 }),
      suggestion("summary", "A flight", { confidence: 0.9 }),
    ],
    ...change,
  });
}
