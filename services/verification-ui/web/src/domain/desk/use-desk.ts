import { useCallback, useMemo, useState } from "react";

import { firstToLookAt, problemsOf, suggestedValues, suggestionOf } from "@/domain/desk/draft";
import { groundOf, spansOf, untouched, type SpanEditing, type SpanEditor, type SpanState } from "@/domain/tasks/span/span-editing";
import type { LabelTask, LabelValue, ReviewItem, ReviewPolicy, SpanTask } from "@/lib/api/types";
import { sameValue, type Values } from "@/domain/label-values";

export interface Desk {
  values: Values;
  /** Index of the task that keys go to. */
  active: number;
  /** By task, in schema order. */
  problems: ReadonlyMap<string, string>;
  /** Whether problems are shown of tasks that nobody touched, too. */
  insists: boolean;
  setActive: (index: number) => void;
  insist: () => void;
  setValue: (task: LabelTask, value: LabelValue | undefined) => void;
  /** Takes up values from before, unless something was changed since `begun`. */
  setAll: (values: Values, begun: Values) => void;
  /** Back to the model's value. */
  reset: (task: LabelTask) => void;
  isChanged: (task: LabelTask) => boolean;
  /** Null where the record does not have the task's field. */
  editorOf: (task: SpanTask) => SpanEditor | null;
  /** A span task in which something is marked that got no label. */
  unlabeled: () => number;
}

/** The decision on one item as it is put together: begins with what the person or the model said before. */
export function useDesk(item: ReviewItem, earlier: Values | undefined, policy: ReviewPolicy | null, frozen: boolean): Desk {
  const [values, setValues] = useState<Values>(() => earlier ?? suggestedValues(item));
  const [editing, setEditing] = useState<Readonly<Record<string, SpanEditing>>>({});
  const [active, setActive] = useState(() => firstToLookAt(item, values, policy));
  const [insists, setInsists] = useState(false);
  const problems = useMemo(() => problemsOf(item, values), [item, values]);
  const grounds = useMemo(
    () => new Map(item.tasks.flatMap((task) => (task.kind === "span" ? [[task.name, groundOf(task, item.fields)] as const] : []))),
    [item],
  );

  const setValue = (task: LabelTask, value: LabelValue | undefined) => {
    if (!frozen) setValues((before) => withValue(before, task.name, value));
  };
  const setAll = useCallback((next: Values, begun: Values) => setValues((before) => (before === begun ? next : before)), []);
  return {
    values,
    setAll,
    active,
    problems,
    insists,
    setActive,
    insist: () => setInsists(true),
    setValue,
    reset: (task) => {
      setValue(task, suggestionOf(item, task)?.value);
      setEditing((before) => ({ ...before, [task.name]: untouched }));
    },
    isChanged: (task) => !sameValue(values[task.name], suggestionOf(item, task)?.value),
    editorOf: (task) => {
      const ground = grounds.get(task.name);
      if (!ground) return null;
      const state: SpanState = { ...(editing[task.name] ?? untouched), spans: spansOf(values[task.name]) };
      return {
        ground,
        state,
        apply: (change) => {
          if (frozen) return;
          const { spans, ...next } = change(state, ground);
          setEditing((before) => ({ ...before, [task.name]: next }));
          if (spans !== state.spans) setValues((before) => withValue(before, task.name, [...spans]));
        },
      };
    },
    unlabeled: () => item.tasks.findIndex((task) => editing[task.name]?.selection?.meant),
  };
}

function withValue(values: Values, task: string, value: LabelValue | undefined): Values {
  if (value !== undefined) return { ...values, [task]: value };
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== task));
}
