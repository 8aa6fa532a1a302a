/** Made-up records with tasks of every kind. */

interface MockSpan {
  field: string;
  start: number;
  end: number;
  text: string;
  label: string;
  attributes: Record<string, string>;
}

const option = (value: string, name = "", more: object = {}) => ({ value, name, description: "", aliases: [], ...more });

export const tone = {
  kind: "single_choice",
  name: "tone",
  question: "How does it sound?",
  options: [option("angry", "Angry", { color: "#c8463c", key: "a" }), option("calm", "Calm", { color: "#3b6fd4", key: "c" }), option("glad", "Glad", { color: "#1f9d78", key: "g" })],
};
export const topics = {
  kind: "multiple_choice",
  name: "topics",
  question: "What is it about?",
  at_least: 1,
  at_most: 3,
  options: [
    option("delivery", "Delivery", { description: "When and how something arrives." }),
    option("price", "Price", { description: "What it costs, discounts, refunds." }),
    option("quality", "Quality", { description: "How well the thing itself is made." }),
    option("staff", "Staff"),
    option("website", "Website and app"),
  ],
};
export const names = {
  kind: "span",
  name: "names",
  question: "Mark people, places and times",
  field: null,
  overlaps: true,
  options: [option("person", "Person"), option("place", "Place"), option("time", "Time"), option("org", "Organisation")],
  attributes: [{ name: "certainty", required: false, options: [option("sure", "Sure"), option("guess", "A guess")] }],
};
export const urgency = { kind: "number", name: "urgency", question: "How urgent is it?", minimum: 1, maximum: 5, step: 1, unit: "" };
export const amount = { kind: "number", name: "amount", question: "Which sum is at stake?", minimum: 0, maximum: 2000, step: 0.5, unit: "EUR" };
export const summary = { kind: "text", name: "summary", question: "Sum it up in a few words", min_length: 3, max_length: 60, pattern: "\\p{Lu}.*" };

const records: { text: string; spans: [string, string][]; values: Record<string, unknown> }[] = [
  {
    text: "Zoë Müller from the Zürich office promised me a call on Monday. It is Thursday 😤, I paid 240 € and nobody at Nordwind has heard of me.",
    spans: [["Zoë Müller", "person"], ["Zürich", "place"], ["the Zürich office", "org"], ["Monday", "time"], ["Thursday 😤", "time"], ["Nordwind", "org"]],
    values: { tone: "angry", topics: ["price", "staff"], urgency: 4, amount: 240, summary: "Promised call never came" },
  },
  {
    text: "👩‍🚀👨‍👩‍👧 Our family trip to Reykjavík was lovely: Anaïs at the desk found us rooms at 23:00, and the app worked.",
    spans: [["Reykjavík", "place"], ["Anaïs", "person"], ["23:00", "time"]],
    values: { tone: "glad", topics: ["staff", "website"], urgency: 1, amount: 0, summary: "Praise for the desk in Reykjavík" },
  },
  {
    text: "The chair came two weeks late and wobbles. I would like 35.50 back, or a new one by the end of the month.",
    spans: [["two weeks", "time"], ["the end of the month", "time"]],
    values: { tone: "calm", topics: ["delivery", "quality", "price"], urgency: 3, amount: 35.5, summary: "Late and wobbly chair" },
  },
  { text: "السلام عليكم، وصلت الطلبية متأخرة أسبوعين والكرسي مكسور. Order #4411 أريد استرداد المبلغ.", spans: [], values: { tone: "angry", topics: ["delivery"], urgency: 4, emotion: "anger" } },
  { text: "Please wire it to admin\u202egnp.exe\u202c today\u200b, thank you.\u0000 昨日、注文した椅子が届きましたが、脚が一本折れていました。", spans: [], values: { tone: "calm", emotion: "confusion" } },
  { text: Array.from({ length: 60 }, (_, index) => `${index + 1}. The supplier shall not be liable for any indirect loss, whether or not it was told of the possibility of such loss beforehand.`).join("\n"), spans: [], values: { tone: "calm", emotion: "approval" } },
  { text: "I can’t find where to change my address on the website, could you point me there?", spans: [], values: { tone: "calm", topics: ["website"], urgency: 2, summary: "Asks where to change the address" } },
];

const emotions = ["admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire", "disgust", "fear", "joy", "sadness"];
export const emotion = { kind: "single_choice", name: "emotion", question: "What does the writer feel?", options: emotions.map((value) => option(value)) };
const verbs = ["activate", "block", "cancel", "change", "check", "compare", "dispute", "exchange", "find", "get_back", "order", "transfer", "verify"];
const things = ["card_payment", "a_refund", "pin", "top_up_limit", "beneficiary", "exchange_rate_that_was_applied_to_a_payment_abroad"];
export const intent = { kind: "single_choice", name: "intent", question: "What does the customer want?", options: verbs.flatMap((verb) => things.map((thing) => option(`${verb}_${thing}`))).slice(0, 77) };
export const paragraph = { kind: "single_choice", name: "clause", question: "Which clause applies?", options: Array.from({ length: 40 }, (_, index) => option(`clause-${index}`, `Clause ${index + 1}: limitation of liability for indirect and consequential damages (${"long ".repeat(2)}form)`)) };

/** Which tasks a made-up job asks, by its id. */
export const kindsOf: Record<string, readonly { name: string; kind: string; options?: { value: string }[] }[]> = {
  j5: [tone, topics, names, urgency, amount, summary],
  j6: [names],
  j7: [topics],
  j8: [amount],
  j9: [summary],
  j10: [emotion],
  j11: [intent],
  j12: [paragraph],
};

const points = (text: string) => Array.from(text).length;

function spansOf(text: string, marked: [string, string][]): MockSpan[] {
  return marked.map(([part, label]) => {
    const start = points(text.slice(0, text.indexOf(part)));
    return { field: "text", start, end: start + points(part), text: part, label, attributes: {} };
  });
}

/** Probabilities of a few of many labels; the likeliest is the model's. */
function likely(options: { value: string }[], seq: number): Record<string, number> {
  const shares = [0.34, 0.33, 0.18, 0.06, 0.04];
  return Object.fromEntries(shares.map((share, place) => [options[(seq * 7 + place * 5) % options.length]?.value ?? "", share]));
}

export function kindsItem(jobId: string, seq: number) {
  const tasks = kindsOf[jobId] ?? [];
  const { text, spans, values } = records[seq % records.length] ?? { text: "", spans: [], values: {} };
  const all: Record<string, unknown> = { ...values, names: spansOf(text, spans) };
  for (const { name, options = [] } of tasks) if (options.length > 9) all[name] = options[(seq * 7) % options.length]?.value;
  return {
    item_id: `${jobId}:${seq}`,
    job_id: jobId,
    seq,
    record_id: `mail-${String(seq + 1).padStart(4, "0")}`,
    fields: { text },
    attempt: 1,
    outcome: "labeled",
    reason: "low_confidence",
    causes: [{ task: tasks[0]?.name ?? "", reason: "low_confidence" }],
    detail: null,
    raw: null,
    skips: 0,
    tasks,
    suggestions: tasks
      .filter(({ name }) => all[name] !== undefined)
      .map(({ name, options }, index) => ({
        task: name,
        value: all[name],
        confidence: index % 3 === 2 ? 0.42 : 0.68 + 0.07 * index,
        confidence_method: "token_probability",
        confidence_missing_reason: null,
        rule: "structured",
        margin: null,
        probabilities: options && options.length > 9 ? likely(options, seq) : name === "tone" || name === "topics" ? Object.fromEntries((options ?? []).map(({ value }, at) => [value, [all[name]].flat().includes(value) ? 0.86 - 0.06 * at : 0.11 - 0.02 * at])) : null,
        span_confidences: name === "names" ? spans.map((_, at) => 0.97 - 0.16 * at) : null,
      })),
    reservation: `r-${seq}-${Date.now()}`,
    reserved_until: new Date(Date.now() + 120_000).toISOString(),
  };
}

export const kindsSize = 400;
