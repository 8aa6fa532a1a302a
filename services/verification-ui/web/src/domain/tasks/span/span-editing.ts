import type { LabelSpan, LabelValue, SpanTask } from "@/lib/api/types";
import { overlap } from "@/domain/tasks/span/rules";
import { isSpans, spanKey } from "@/domain/label-values";
import { TextOffsets } from "@/domain/text-offsets";
import { Words, type Stretch } from "@/domain/words";

/** A stretch that waits for its label. */
export interface Selection extends Stretch {
  /** The word from which it is widened and narrowed by key. */
  anchor: Stretch;
  /** Made on purpose, not just where the keyboard stands: leaving it without a label would be an oversight. */
  meant: boolean;
}

/** How far a person is with the spans of one task. Places are in UTF-16 units, those within spans in code points. */
export interface SpanEditing {
  /** The label that whatever is selected next gets at once. */
  armed: string | null;
  selection: Selection | null;
  picked: LabelSpan | null;
  /** Where the keyboard stands while nothing is selected. */
  cursor: number;
}

export interface SpanState extends SpanEditing {
  spans: readonly LabelSpan[];
}

/** The spans of one task as the page works on them. */
export interface SpanEditor {
  ground: SpanGround;
  state: SpanState;
  apply: (change: (state: SpanState, ground: SpanGround) => SpanState) => void;
}

/** The text in which a task's spans lie. */
export interface SpanGround {
  task: SpanTask;
  field: string;
  offsets: TextOffsets;
  words: Words;
}

export const untouched: SpanEditing = { armed: null, selection: null, picked: null, cursor: 0 };

/** The ground of a task on a record; null when the record does not have its field. */
export function groundOf(task: SpanTask, fields: Record<string, string>): SpanGround | null {
  const names = Object.keys(fields);
  const field = task.field ?? (names.length === 1 ? names[0] : undefined);
  const text = field === undefined ? undefined : fields[field];
  return field === undefined || text === undefined ? null : { task, field, offsets: new TextOffsets(text), words: new Words(text) };
}

export const spansOf = (value: LabelValue | undefined): readonly LabelSpan[] => (value !== undefined && isSpans(value) ? value : []);

export const unitsOf = (ground: SpanGround, span: LabelSpan): Stretch => ({
  start: ground.offsets.unitOf(span.start),
  end: ground.offsets.unitOf(span.end),
});

/** Takes what was dragged over: labeled at once when a label is armed, unless it may still change (`atOnce` false). */
export function select(state: SpanState, ground: SpanGround, stretch: Stretch | null, atOnce = true): SpanState {
  if (!stretch) return { ...state, selection: null, picked: null };
  if (atOnce && state.armed !== null) return add(state, ground, stretch, state.armed);
  return { ...state, picked: null, selection: { ...stretch, anchor: firstWord(ground, stretch), meant: true } };
}

/** Gives the label to what is picked, else to what is selected, else to what comes next, until it is taken back. */
export function label(state: SpanState, ground: SpanGround, value: string): SpanState {
  if (state.picked) return replace(state, ground, state.picked, { ...state.picked, label: value });
  if (state.selection) return add(state, ground, state.selection, value);
  return { ...state, armed: state.armed === value ? null : value };
}

export function setAttribute(state: SpanState, ground: SpanGround, name: string, value: string): SpanState {
  if (!state.picked) return state;
  const { [name]: before, ...others } = state.picked.attributes ?? {};
  return replace(state, ground, state.picked, { ...state.picked, attributes: before === value ? others : { ...others, [name]: value } });
}

/** Takes the picked span away; its stretch stays selected, to be labeled anew. */
export function remove(state: SpanState, ground: SpanGround, span: LabelSpan | null = state.picked): SpanState {
  if (!span) return state;
  const stretch = unitsOf(ground, span);
  return {
    ...state,
    spans: state.spans.filter((other) => other !== span),
    picked: null,
    selection: { ...stretch, anchor: firstWord(ground, stretch), meant: false },
    cursor: stretch.start,
  };
}

/** Takes a span of the model up again. */
export const bringBack = (state: SpanState, ground: SpanGround, span: LabelSpan): SpanState => ({
  ...state,
  selection: null,
  picked: null,
  spans: placed(state.spans, ground, span),
});

/** Picks one of the spans that lie under the pointer, the next one at each turn. */
export function pickOneOf(state: SpanState, spans: readonly LabelSpan[]): SpanState {
  const turn = state.picked ? spans.indexOf(state.picked) + 1 : 0;
  return { ...state, selection: null, picked: spans[turn % spans.length] ?? null };
}

/** Picks the next span by place, or the one before. */
export function stepToSpan(state: SpanState, forward: boolean): SpanState {
  const { spans, picked } = state;
  if (spans.length === 0) return state;
  const from = picked ? spans.indexOf(picked) : forward ? -1 : spans.length;
  const to = (from + (forward ? 1 : -1) + spans.length) % spans.length;
  return { ...state, selection: null, picked: spans[to] ?? null };
}

/** Moves the keyboard by a word; `extend` widens or narrows what is selected instead. */
export function move(state: SpanState, { words }: SpanGround, forward: boolean, extend: boolean): SpanState {
  const from = state.selection;
  if (!from || !extend) {
    const next = words.next(from ? (forward ? from.end : from.start) : state.cursor, forward);
    return next ? { ...state, picked: null, selection: { ...next, anchor: next, meant: false } } : state;
  }
  let { start, end } = from;
  const { anchor } = from;
  if (forward && start < anchor.start) start = Math.min(anchor.start, words.stops.find((stop) => stop.start > start)?.start ?? anchor.start);
  else if (!forward && end > anchor.end) end = Math.max(anchor.end, words.stops.findLast((stop) => stop.end < end)?.end ?? anchor.end);
  else if (forward) end = words.next(end, true)?.end ?? end;
  else start = words.next(start, false)?.start ?? start;
  return { ...state, selection: { start, end, anchor, meant: true } };
}

/** Lets go of one thing: what is picked, else what is selected, else the armed label. */
export function letGo(state: SpanState): SpanState {
  if (state.picked) return { ...state, picked: null };
  if (state.selection) return { ...state, selection: null, cursor: state.selection.start };
  return { ...state, armed: null };
}

function add(state: SpanState, ground: SpanGround, stretch: Stretch, value: string): SpanState {
  const span: LabelSpan = {
    field: ground.field,
    start: ground.offsets.pointOf(stretch.start),
    end: ground.offsets.pointOf(stretch.end),
    text: ground.offsets.text.slice(stretch.start, stretch.end),
    label: value,
    attributes: {},
  };
  const same = state.spans.some((other) => other.start === span.start && other.end === span.end && other.label === value);
  const asksMore = ground.task.attributes.some((attribute) => attribute.required);
  const done = { ...state, selection: null, cursor: stretch.end };
  return same ? done : { ...done, spans: placed(state.spans, ground, span), picked: asksMore ? span : null };
}

function replace(state: SpanState, ground: SpanGround, before: LabelSpan, after: LabelSpan): SpanState {
  return { ...state, spans: placed(state.spans.filter((other) => other !== before), ground, after), picked: after };
}

/** The spans with one more, by place. Where spans may not overlap, the newest one holds. */
function placed(spans: readonly LabelSpan[], { task }: SpanGround, span: LabelSpan): LabelSpan[] {
  const key = spanKey(span);
  const kept = spans.filter((other) => spanKey(other) !== key && (task.overlaps || !overlap(other, span)));
  return [...kept, span].sort((one, other) => one.start - other.start || one.end - other.end || (one.label < other.label ? -1 : 1));
}

const firstWord = ({ words }: SpanGround, { start, end }: Stretch): Stretch => {
  const word = words.at(start);
  return word && word.end <= end ? word : { start, end };
};
