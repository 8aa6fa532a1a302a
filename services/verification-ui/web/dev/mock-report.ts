/** Made-up reports and comparisons. */

const labels = ["positive", "neutral", "negative"];
const matrix = (cells: number[][]) => ({ labels, cells: cells.flatMap((row, one) => row.map((number, other) => [one, other, number])).filter(([, , number]) => number) });
const cost = (amount: number | null) => {
  const total = { provider: "", model: "", calls: 4312, retries: 112, prompt_tokens: 812_400, completion_tokens: 31_020, cached_tokens: 402_000, amount, unpriced_tokens: 0 };
  return { currency: "USD", total, by_model: [{ ...total, provider: "openai", model: "gpt-4.1-mini" }], budget_usd: null, reserved_usd: null };
};
const latency = { count: 4200, mean: 0.44, p50: 0.31, p90: 0.8, p95: 1.24, p99: 3.9 };
const reliability = {
  bins: [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95].map((middle, index) => ({
    lower: index / 10,
    upper: (index + 1) / 10,
    count: index < 3 ? 0 : index * index * 14,
    confidence: index < 3 ? null : middle,
    accuracy: index < 3 ? null : Math.max(0.2, middle - 0.02 * index + 0.04),
  })),
  count: 4061,
  error: 0.071,
};
const evaluation = (right: number) => ({
  known: 4100,
  compared: 4061,
  right,
  accuracy: right / 4061,
  accuracy_low: right / 4061 - 0.015,
  accuracy_high: right / 4061 + 0.015,
  macro_f1: 0.71,
  micro_f1: right / 4061,
  kappa: 0.58,
  labels: labels.map((label, index) => ({ label, precision: 0.81 - index * 0.07, recall: 0.77 - index * 0.04, f1: 0.79 - index * 0.05, wanted: 1402 - index * 60, given: 1380 + index * 41 })),
  confusion: matrix([
    [1160, 180, 62],
    [240, 610, 95],
    [71, 210, 1433],
  ]),
  reliability,
});
const nothing = { number: null, text: null, gold: null, verified: null, per_record: [] as object[] };
const confidence = { histogram: [0, 0, 4, 61, 122, 240, 391, 702, 1130, 1411], with_confidence: 4061, without_confidence: 12, mean: 0.82, warnings: [] as string[] };
const counted = (names: string[]) => names.map((label, index) => ({ label, count: 1714 - index * 380 }));

const sentiment = { task: "sentiment", kind: "single_choice", labeled: 4061, labels: counted(labels), confidence, ...nothing, gold: evaluation(3203), verified: { ...evaluation(2610), known: 460, compared: 455 } };
const per_record = [0, 1, 2, 3].map((number) => ({ number, records: 1900 - number * 500 }));
const kinds = [
  { ...sentiment, task: "tone", labels: counted(["angry", "calm", "glad"]), gold: null, verified: null },
  { task: "topics", kind: "multiple_choice", labeled: 4061, labels: counted(["delivery", "price", "quality", "staff"]), confidence, ...nothing, per_record },
  { task: "names", kind: "span", labeled: 4061, labels: counted(["person", "place", "time", "org"]), confidence, ...nothing, per_record },
  {
    task: "amount",
    kind: "number",
    labeled: 4061,
    labels: [],
    confidence,
    ...nothing,
    number: { mean: 312.25, standard_deviation: 201.7, smallest: 0, largest: 1980.5, histogram: Array.from({ length: 40 }, (_, index) => ({ lower: index * 50, upper: (index + 1) * 50, count: Math.round(400 * Math.exp(-(((index - 7) / 6) ** 2))) })) },
  },
  {
    task: "summary",
    kind: "text",
    labeled: 4061,
    labels: [],
    confidence: { ...confidence, with_confidence: 0, histogram: confidence.histogram.map(() => 0), mean: null },
    ...nothing,
    text: { distinct: 3810, distinct_is_exact: false, mean_length: 31.4, top_is_exact: false, top: [{ text: "Late delivery", count: 41, seq: 3 }, { text: "Asks for a refund", count: 22, seq: 7 }] },
  },
];

export const report = (jobId: string, counts: unknown) => ({
  job_id: jobId,
  state: "completed",
  made_at: new Date().toISOString(),
  share: 1,
  final: true,
  counts,
  review: jobId === "j5" ? [
    { task: "category", reason: "low_confidence", records: 310 },
    { task: "summary", reason: "disagreement", records: 84 },
    { task: null, reason: "invalid", records: 61 },
  ] : [{ task: "sentiment", reason: "low_confidence", records: 401 }, { task: null, reason: "invalid", records: 61 }],
  verified: 455,
  run_again: 3,
  labels: {},
  rules: { structured: 3402, exact: 412, normalized: 180, name_value: 44, close_match: 23 },
  reasons: { no_label_found: 61, two_labels_found: 24, content_filter: 12, timeout: 3 },
  invalid: {},
  failed: {},
  invalid_answers: [
    { reason: "two_labels_found", answer: "it is either neutral or negative, depending on how you read it", count: 17, seq: 5 },
    { reason: "no_label_found", answer: "i cannot tell", count: 9, seq: 46 },
    { reason: "no_label_found", answer: "mixed", count: 4, seq: 87 },
  ],
  invalid_answers_exact: true,
  accuracy: 0.78,
  gold_compared: 4061,
  confidence_histogram: confidence.histogram,
  without_confidence: 12,
  tasks: jobId === "j5" ? kinds : [sentiment],
  seconds: latency,
  first_ended_at: null,
  last_ended_at: null,
  records_per_second: 118.4,
  cost: cost(1.873),
});

const contest = { compared: 4012, both_right: 2610, first_alone: 590, second_alone: 310, neither: 502, difference: 0.0698, difference_low: 0.0551, difference_high: 0.0844, p_value: 0.00001 };

export function comparison(jobs: string[]) {
  const pairs = jobs.flatMap((first, index) =>
    jobs.slice(index + 1).map((second) => ({
      first,
      second,
      compared: 4012,
      same: 3090,
      agreement: 0.7702,
      kappa: 0.641,
      confusion: matrix([
        [1180, 201, 41],
        [220, 570, 160],
        [60, 240, 1340],
      ]),
      labels: [],
      f1: null,
      mean_jaccard: null,
      overlap_f1: null,
      mean_difference: null,
      mean_absolute_difference: null,
      gold: contest,
      verified: null,
    })),
  );
  return {
    dataset_id: "d1",
    made_at: new Date().toISOString(),
    share: 1,
    records: 4200,
    verified_differently: 0,
    skipped_tasks: {},
    jobs: jobs.map((job_id, index) => ({
      job_id,
      name: ["Tweets: sentiment", "Support mails, second pass", "Airline tweets"][index] ?? job_id,
      state: "completed",
      agent: { name: "sentiment", version: index + 1, provider: "local", model: "nearest-label" },
      outcomes: { labeled: 4061, invalid: 97, failed: 42 },
      seconds: { ...latency, p50: 0.31 + index * 0.4 },
      cost: cost(1.8 + index),
      usd_per_1000: 0.43 + index * 0.61,
    })),
    tasks: [
      {
        task: "sentiment",
        kind: "single_choice",
        compared: 4090,
        by_all: 4012,
        unanimous: 3090,
        agreement: 0.7702,
        differing: 922,
        alpha: 0.64,
        alpha_distance: "nominal",
        agents: jobs.map((job_id, index) => ({ job_id, labeled: 4061, mean_confidence: 0.82 - index * 0.1, with_confidence: 4061, gold: evaluation(3203 - index * 280), verified: null })),
        pairs,
      },
    ],
  };
}

export const differences = (jobs: string[], texts: { seq: number; record_id: string; fields: Record<string, string> }[]) => ({
  items: texts.map(({ seq, record_id, fields }) => ({
    seq,
    record_id,
    excerpt: Object.values(fields).join(" · ").slice(0, 160),
    usefulness: 0.9,
    said: jobs.map((job_id, index) => ({ job_id, outcome: seq % 5 === 4 && index === 1 ? "invalid" : "labeled", value: seq % 5 === 4 && index === 1 ? null : labels[(seq + index) % 3], confidence: 0.97 - index * 0.05 - (seq % 7) * 0.01 })),
    gold: labels[seq % 3],
    verified: null,
  })),
  next: null,
});

/** An order that takes four seconds. */
export function reviewOrder(jobs: string[], elapsed: number) {
  const share = Math.min(1, elapsed / 4000);
  const differing = Math.round(900 * share);
  const waiting = Math.round(110 * share);
  const decided = Math.round(31 * share);
  const queued = differing - waiting - decided;
  return {
    id: "o1",
    jobs,
    task: "sentiment",
    min_confidence: null,
    state: share < 1 ? "open" : "done",
    share,
    differing,
    queued,
    waiting,
    decided,
    notice: null,
    queues: { [jobs[0] ?? ""]: queued },
    created_at: new Date().toISOString(),
    created_by: "Ada",
    finished_at: share < 1 ? null : new Date().toISOString(),
  };
}
