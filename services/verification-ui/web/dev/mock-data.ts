/** Made-up records for working on the page without the services. */

const texts = [
  "Two hours at the gate and the app still says on time. At least the coffee is good.",
  "Honestly the best support call I have had in years, she stayed on the line until it worked.",
  "Not sure how I feel about the new layout. Faster, yes. Nicer? Ask me in a week.",
  "They replaced the battery for free, and scratched the case. I call that a draw.",
  "My flight got moved to tomorrow :(",
  "Picked up the keys today!!! First flat of our own, I could cry.",
  "The update fixed the crash and broke the search. Great.",
  "Weather is what it is. Going for a run anyway.",
  "Someone explain to me why the queue for returns is longer than the one for buying.",
  "Finally finished the book. The ending was fine, I guess.",
  "I can't say that I didn't enjoy it.",
  "Room was clean, staff was kind, and the lift never worked once in four days on the ninth floor.",
];

const long =
  "I want to be fair, so let me start with what went well. The booking took two minutes, the confirmation was there at once, and the driver wrote the evening before to agree on a time. " +
  "He was early, he was friendly, and he carried both bags down four floors without being asked. Then the trouble began. Nobody had told him about the second stop, which was on the booking, " +
  "and the office did not pick up for the better part of an hour. We ended up paying the difference in cash, with a promise that it would be refunded. That was three weeks ago. " +
  "I have written twice, and both times I got the same polite answer that says nothing. Would I use them again? For a single trip, probably yes. For anything that needs the office, no.";

export const options = [
  { value: "positive", name: "Positive", aliases: [], description: "The writer feels good about what they write of." },
  { value: "neutral", name: "Neutral", aliases: [], description: "No feeling either way, or both in balance." },
  { value: "negative", name: "Negative", aliases: [], description: "The writer feels bad about what they write of." },
];

export const task = { kind: "single_choice", name: "sentiment", question: "What does the writer feel?", options };

const fraction = (seq: number, salt: number): number => {
  const x = Math.sin(seq * 127.1 + salt * 311.7) * 43758.5453;
  return x - Math.floor(x);
};

export interface MockRecord {
  seq: number;
  record_id: string;
  fields: Record<string, string>;
  label: string;
  confidence: number | null;
  probabilities: Record<string, number> | null;
  outcome: "labeled" | "invalid" | "failed";
  reason: string | null;
  review: "low_confidence" | "no_confidence" | "invalid" | null;
}

export function record(seq: number): MockRecord {
  const label = options[Math.floor(fraction(seq, 1) * 3)]?.value ?? "neutral";
  const confidence = 0.34 + 0.66 * Math.sqrt(fraction(seq, 2));
  const rest = 1 - confidence;
  const split = 0.2 + 0.6 * fraction(seq, 3);
  const others = options.map(({ value }) => value).filter((value) => value !== label);
  const invalid = seq % 41 === 5;
  const failed = seq % 97 === 11;
  const bare = seq % 13 === 3;
  const base = {
    seq,
    record_id: `tweet-${String(seq + 1).padStart(5, "0")}`,
    fields:
      seq % 17 === 4
        ? { premise: texts[seq % texts.length] ?? "", hypothesis: "The writer would buy from them again." }
        : { text: seq % 17 === 9 ? long : (texts[seq % texts.length] ?? "") },
    label,
  };
  if (failed) return { ...base, confidence: null, probabilities: null, outcome: "failed", reason: "content_filter", review: null };
  if (invalid) return { ...base, confidence: null, probabilities: null, outcome: "invalid", reason: "no_label_found", review: "invalid" };
  if (bare) return { ...base, confidence: null, probabilities: null, outcome: "labeled", reason: null, review: "no_confidence" };
  return {
    ...base,
    confidence,
    probabilities: { [label]: confidence, [others[0] ?? ""]: rest * split, [others[1] ?? ""]: rest * (1 - split) },
    outcome: "labeled",
    reason: null,
    review: confidence < 0.7 ? "low_confidence" : null,
  };
}

export const suggestion = (from: MockRecord) =>
  from.outcome === "labeled"
    ? {
        task: task.name,
        value: from.label,
        confidence: from.confidence,
        confidence_method: from.confidence === null ? null : "token_probability",
        probabilities: from.probabilities,
        rule: "exact",
      }
    : null;
