import type { components } from "@/lib/api/generated/api";
import type { Annotation, LabelTask } from "@/lib/api/types";

export type FoundRecord = components["schemas"]["FoundRecord"];
export type FoundPage = components["schemas"]["FoundPage"];
export type Order = "seq" | "confidence" | "-confidence";

export interface Described {
  name: string;
  tasks: LabelTask[];
  where: string;
  /** Records of one confirmation at most. */
  at_once: number;
}

/** What a decision in bulk came to; `refused` is record id to reason. */
export interface Done {
  confirmed: string[];
  refused: Record<string, string>;
}

/** The lowest confidence of a record's labels; null where none is known. */
export function leastConfidence(annotation: Annotation | null | undefined): number | null {
  const known = (annotation?.labels ?? []).flatMap(({ confidence }) => (confidence == null ? [] : [confidence]));
  return known.length === 0 ? null : Math.min(...known);
}

/** Cuts a list into parts of at most `size`. */
export const parts = <Item,>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

export const states = {
  all: { word: "All", where: "" },
  open: { word: "Not verified", where: "not verified" },
  review: { word: "Needs review", where: "needs_review" },
  verified: { word: "Verified", where: "verified" },
} as const;

export type State = keyof typeof states;

/** The condition of a state together with what somebody typed, in the text form of the api. */
export function conditionOf(state: State, typed: string): string {
  const given = typed.trim();
  const condition = states[state].where;
  if (!given) return condition;
  return condition ? `${condition} and (${given})` : given;
}
