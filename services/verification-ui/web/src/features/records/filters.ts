/**
 * Filters of the table. They are the expression of the API: each control reads and writes one of its parts, and what no
 * control knows stays as it was written.
 */
export type RecordState = "to_review" | "decided" | "undecided" | "labeled" | "invalid" | "failed" | "not_run";

export interface Filters {
  state?: RecordState;
  /** Task to the values, one of which holds. */
  labels: Readonly<Record<string, readonly string[]>>;
  /** The lowest confidence of a record's labels, from 0 to 1; the upper end belongs to it. */
  confidence?: { from: number; to: number };
  reasons: readonly string[];
  words?: string;
  person?: string;
  metadata: Readonly<Record<string, string>>;
  /** Parts that no control shows. */
  others: readonly string[];
}

export const noFilters: Filters = { labels: {}, reasons: [], metadata: {}, others: [] };

/** The filters with one of them set; left out where there is no value. */
export function withFilter<Key extends "state" | "confidence" | "words" | "person">(filters: Filters, key: Key, value: Filters[Key] | undefined): Filters {
  const rest = Object.fromEntries(Object.entries(filters).filter(([name]) => name !== key)) as unknown as Filters;
  return value === undefined || value === "" ? rest : { ...rest, [key]: value };
}

const states: Readonly<Record<RecordState, string>> = {
  to_review: "needs_review",
  decided: "verified",
  undecided: "not verified",
  labeled: "outcome = labeled",
  invalid: "outcome = invalid",
  failed: "outcome = failed",
  not_run: "not outcome exists",
};

const plain = /^[\p{L}_][\p{L}\p{N}_]*(?:-[\p{L}\p{N}_]+)*$/u;
const reserved = new Set(["and", "or", "not", "in", "exists", "contains", "matches", "true", "false"]);

/** A value or a name as the text form has it: in quotes unless it is a plain word. */
export const quoted = (text: string): string =>
  plain.test(text) && !reserved.has(text.toLowerCase()) ? text : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const always = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
const oneOf = (field: string, values: readonly string[]): string =>
  values.length === 1 ? `${field} = ${quoted(values[0] ?? "")}` : `${field} in (${values.map(quoted).join(", ")})`;

/** The expression of the filters; empty when nothing is filtered. */
export function writeFilters(filters: Filters): string {
  const { confidence } = filters;
  const parts = [
    filters.state && states[filters.state],
    ...Object.entries(filters.labels).map(([task, values]) => values.length > 0 && oneOf(`label.${quoted(task)}`, values)),
    confidence && confidence.from > 0 && `confidence >= ${confidence.from}`,
    confidence && confidence.to < 1 && `confidence <= ${confidence.to}`,
    filters.reasons.length > 0 && oneOf("reason", filters.reasons),
    filters.words && `text contains ${always(filters.words)}`,
    filters.person && `decided_by = ${quoted(filters.person)}`,
    ...Object.entries(filters.metadata).map(([name, value]) => value !== "" && `metadata.${quoted(name)} = ${quoted(value)}`),
  ].filter((part): part is string => Boolean(part));
  const all = [...parts, ...filters.others];
  return all.length > 1 ? all.map((part) => (isAlternative(part) ? `(${part})` : part)).join(" and ") : (all[0] ?? "");
}

/** Reads an expression into the controls. Never fails: what is not understood is kept as a part of its own. */
export function readFilters(where: string): Filters {
  const text = where.trim();
  if (text === "" || text === "id exists") return noFilters;
  const parts = split(text, "and");
  if (parts === null || isAlternative(text)) return { ...noFilters, others: [text] };
  let found: Filters = noFilters;
  for (const part of parts) found = withPart(found, part) ?? { ...found, others: [...found.others, part] };
  return found;
}

/** The filters with this part; null where no control shows it. */
function withPart(filters: Filters, part: string): Filters | null {
  const state = (Object.entries(states) as [RecordState, string][]).find(([, text]) => text === part)?.[0];
  if (state) return filters.state ? null : { ...filters, state };
  const tokens = tokensOf(part);
  if (tokens === null) return null;
  const [field, second] = tokens;
  if (field === "confidence" && tokens.length === 3) {
    const bound = Number(tokens[2]);
    const { from, to } = filters.confidence ?? { from: 0, to: 1 };
    if (!(bound >= 0 && bound <= 1)) return null;
    if (second === ">=" && from === 0) return { ...filters, confidence: { from: bound, to } };
    if (second === "<=" && to === 1) return { ...filters, confidence: { from, to: bound } };
    return null;
  }
  if (field === "text" && second === "contains" && tokens.length === 3 && !filters.words) return { ...filters, words: textOf(tokens[2]) };
  if (field === "reason" && filters.reasons.length === 0) {
    const values = valuesOf(tokens.slice(1));
    return values && { ...filters, reasons: values };
  }
  if (field === "decided_by" && second === "=" && tokens.length === 3 && !filters.person) return { ...filters, person: textOf(tokens[2]) };
  if ((field === "label" || field === "metadata") && second === "." && tokens[2] !== undefined) {
    const name = textOf(tokens[2]);
    const values = valuesOf(tokens.slice(3));
    if (!values) return null;
    if (field === "label") return name in filters.labels ? null : { ...filters, labels: { ...filters.labels, [name]: values } };
    const [value] = values;
    return values.length === 1 && value !== undefined && !(name in filters.metadata) ? { ...filters, metadata: { ...filters.metadata, [name]: value } } : null;
  }
  return null;
}

/** The values behind `=` or `in`; null for another comparison. */
function valuesOf(tokens: readonly string[]): string[] | null {
  if (tokens[0] === "=" && tokens.length === 2) return [textOf(tokens[1])];
  if (tokens[0] !== "in" || tokens[1] !== "(" || tokens.at(-1) !== ")") return null;
  const inner = tokens.slice(2, -1);
  return inner.length % 2 === 1 && inner.every((token, index) => index % 2 === 0 || token === ",") ? inner.filter((_, index) => index % 2 === 0).map(textOf) : null;
}

const textOf = (token: string | undefined): string =>
  token === undefined ? "" : /^["']/.test(token) ? token.slice(1, -1).replace(/\\(.)/gs, "$1") : token;

const token = /\s*(?:([+-]?(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w-]))|([\p{L}_][\p{L}\p{N}_]*(?:-[\p{L}\p{N}_]+)*)|(<=|>=|!=|==|[=<>().,])|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))/suy;

/** The tokens of a text; null where it has another sign. */
function tokensOf(text: string): string[] | null {
  return spans(text)?.map(({ start, end }) => text.slice(start, end)) ?? null;
}

function spans(text: string): { start: number; end: number }[] | null {
  const found: { start: number; end: number }[] = [];
  const trimmed = text.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const match = token.exec(trimmed);
    if (!match) return null;
    const end = token.lastIndex;
    const length = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").length;
    found.push({ start: end - length, end });
  }
  return found;
}

/** The parts between the words `word` outside of parentheses; null where the text has another sign, or is not closed. */
function split(text: string, word: "and" | "or"): string[] | null {
  const found = spans(text);
  if (found === null) return null;
  const parts: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const { start, end } of found) {
    const here = text.slice(start, end);
    if (here === "(") depth += 1;
    if (here === ")") depth -= 1;
    if (depth === 0 && here.toLowerCase() === word) {
      parts.push(text.slice(begin, start).trim());
      begin = end;
    }
  }
  parts.push(text.slice(begin).trim());
  return depth === 0 && parts.every((part) => part !== "") ? parts : null;
}

/** Whether the text is several alternatives, so that it needs parentheses beside others. */
const isAlternative = (text: string): boolean => (split(text, "or")?.length ?? 0) > 1;
