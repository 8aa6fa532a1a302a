import { describe, expect, test } from "vitest";

import * as editing from "@/domain/tasks/span/span-editing";
import type { SpanState } from "@/domain/tasks/span/span-editing";
import type { LabelSpan, SpanTask } from "@/lib/api/types";
import { option, span, spanText, tasks } from "@/testing/review-items";

const groundOf = (task: SpanTask) => {
  const ground = editing.groundOf(task, { text: spanText });
  if (!ground) throw new Error("no ground");
  return ground;
};
const ground = groundOf(tasks.names);
const begin = (...spans: LabelSpan[]): SpanState => ({ ...editing.untouched, spans });
/** A stretch as the browser counts it. */
const units = (words: string) => ({ start: spanText.indexOf(words), end: spanText.indexOf(words) + words.length });
const selected = (state: SpanState) => state.selection && spanText.slice(state.selection.start, state.selection.end);

describe("marking", () => {
  test("what is selected gets the label that is pressed, at its place in code points", () => {
    const state = editing.label(editing.select(begin(), ground, units("Zu\u0308rich")), ground, "place");
    expect(state.spans).toEqual([span("Zu\u0308rich", "place")]);
    expect(Array.from(spanText).slice(state.spans[0]?.start, state.spans[0]?.end).join("")).toBe("Zu\u0308rich");
    expect(state.selection).toBeNull();
  });

  test("an armed label is given to all that is selected, until it is pressed again", () => {
    let state = editing.label(begin(), ground, "person");
    state = editing.select(state, ground, units("Ling"));
    state = editing.select(state, ground, units("Ada"));
    expect(state.spans).toEqual([span("Ada", "person"), span("Ling", "person")]);
    expect(editing.label(state, ground, "person").armed).toBeNull();
  });

  test("a selection that may still move waits for its label although one is armed", () => {
    const state = editing.select(editing.label(begin(), ground, "person"), ground, units("Ada"), false);
    expect(state.spans).toEqual([]);
    expect(selected(state)).toBe("Ada");
  });

  test("the same span twice is one, another label on the same place is another", () => {
    let state = begin(span("Ada", "person"));
    state = editing.label(editing.select(state, ground, units("Ada")), ground, "person");
    expect(state.spans).toHaveLength(1);
    state = editing.label(editing.select(state, ground, units("Ada")), ground, "place");
    expect(state.spans).toEqual([span("Ada", "person"), span("Ada", "place")]);
  });

  test("where spans may not overlap, the newest takes the place of those under it", () => {
    const exclusive = groundOf({ ...tasks.names, overlaps: false });
    const before = begin(span("Ada", "person"), span("Ling", "person"), span("Monday", "place"));
    const state = editing.label(editing.select(before, exclusive, units("Ada Ling")), exclusive, "person");
    expect(state.spans).toEqual([span("Ada Ling", "person"), span("Monday", "place")]);
  });

  test("a record without the field has no ground", () => {
    expect(editing.groundOf({ ...tasks.names, field: "title" }, { text: "x" })).toBeNull();
    expect(editing.groundOf(tasks.names, { premise: "x", hypothesis: "y" })).toBeNull();
  });
});

describe("changing", () => {
  const ada = span("Ada", "person");
  const ling = span("Ling", "person");

  test("a picked span takes another label and stays picked", () => {
    const state = editing.label(editing.pickOneOf(begin(ada, ling), [ling]), ground, "place");
    expect(state.spans).toEqual([ada, span("Ling", "place")]);
    expect(state.picked).toEqual(span("Ling", "place"));
  });

  test("spans under one another are picked in turn", () => {
    const both = span("Ada Ling", "place");
    let state = editing.pickOneOf(begin(ada, both), [ada, both]);
    expect(state.picked).toBe(ada);
    state = editing.pickOneOf(state, [ada, both]);
    expect(state.picked).toBe(both);
    expect(editing.pickOneOf(state, [ada, both]).picked).toBe(ada);
  });

  test("the keys go from span to span, around the ends", () => {
    let state = editing.stepToSpan(begin(ada, ling), true);
    expect(state.picked).toBe(ada);
    state = editing.stepToSpan(editing.stepToSpan(state, true), true);
    expect(state.picked).toBe(ada);
    expect(editing.stepToSpan(begin(ada, ling), false).picked).toBe(ling);
  });

  test("a removed span leaves its stretch selected, to be narrowed and labeled anew", () => {
    const wide = span("Ling flew", "person");
    let state = editing.remove(editing.pickOneOf(begin(wide), [wide]), ground);
    expect(state.spans).toEqual([]);
    state = editing.move(state, ground, false, true);
    expect(selected(state)).toBe("Ling");
    expect(editing.label(state, ground, "person").spans).toEqual([ling]);
  });

  test("an attribute is set, changed and taken back; a needed one is asked for at once", () => {
    const asking = groundOf({ ...tasks.names, attributes: [{ name: "sure", required: true, options: [option("yes"), option("no")] }] });
    let state = editing.label(editing.select(begin(), asking, units("Ada")), asking, "person");
    expect(state.picked).toEqual(ada);
    state = editing.setAttribute(state, asking, "sure", "yes");
    expect(state.spans).toEqual([span("Ada", "person", { sure: "yes" })]);
    expect(editing.setAttribute(state, asking, "sure", "yes").spans).toEqual([ada]);
  });

  test("a span of the model comes back to its place", () => {
    expect(editing.bringBack(begin(ling), ground, ada).spans).toEqual([ada, ling]);
  });
});

describe("by key", () => {
  const walk = (state: SpanState, ...moves: ["←" | "→", boolean?][]) =>
    moves.reduce((before, [arrow, extend = false]) => editing.move(before, ground, arrow === "→", extend), state);

  test("arrows go from word to word; a stop alone is not a selection that waits for a label", () => {
    const state = walk(begin(), ["→"], ["→"]);
    expect(selected(state)).toBe("Ada");
    expect(state.selection?.meant).toBe(false);
    expect(selected(walk(state, ["←"]))).toBe("👩‍🚀");
  });

  test("with Shift they widen and narrow around the word they began with", () => {
    let state = walk(begin(), ["→"], ["→"], ["→", true], ["→", true]);
    expect(selected(state)).toBe("Ada Ling flew");
    expect(state.selection?.meant).toBe(true);
    state = walk(state, ["←", true], ["←", true]);
    expect(selected(state)).toBe("Ada");
    expect(selected(walk(state, ["←", true]))).toBe("👩‍🚀 Ada");
  });

  test("after a label the way goes on behind the new span", () => {
    const state = editing.label(walk(begin(), ["→"], ["→"]), ground, "person");
    expect(selected(walk(state, ["→"]))).toBe("Ling");
  });

  test("Escape lets go of one thing after the other", () => {
    const ada = span("Ada", "person");
    let state: SpanState = { ...editing.pickOneOf(begin(ada), [ada]), armed: "place" };
    state = editing.letGo(state);
    expect(state).toMatchObject({ picked: null, armed: "place" });
    expect(editing.letGo(state).armed).toBeNull();
  });
});
