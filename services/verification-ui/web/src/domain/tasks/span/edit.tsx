import clsx from "clsx";
import { Trash2, X } from "lucide-react";
import type { CSSProperties } from "react";

import { Button } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import { useTaskKeys } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/tasks.module.css";
import { SpanAttributes } from "@/domain/tasks/span/span-attributes";
import { label, letGo, move, remove, stepToSpan, type SpanEditor } from "@/domain/tasks/span/span-editing";
import { SpanList } from "@/domain/tasks/span/span-list";
import { optionKeys, optionOfKey } from "@/domain/tasks/choice/option-keys";
import type { Suggestion } from "@/lib/api/types";
import { colorOf } from "@/domain/label-colors";
import { nameIn } from "@/domain/label-values";

interface Props {
  editor: SpanEditor;
  suggestion: Suggestion | undefined;
  active: boolean;
  /** Nobody said yet whether there are any. */
  open: boolean;
  /** Labels less sure than this are reviewed. */
  threshold: number | null;
  onNone: () => void;
}

/** The labels for spans, the spans that there are, and what is said of the picked one. The text itself stands above. */
export function Spans({ editor, suggestion, active, open, threshold, onNone }: Props) {
  const { ground, state, apply } = editor;
  const { task } = ground;
  const keys = optionKeys(task.options);
  const give = (value: string) => apply((now) => label(now, ground, value));

  useTaskKeys(active, (event) => {
    const forward = event.key === "ArrowRight" || event.key === ".";
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") apply((now) => move(now, ground, forward, event.shiftKey));
    else if (event.key === "." || event.key === ",") apply((now) => stepToSpan(now, forward));
    else if (event.repeat) return false;
    else if (event.key === "Delete" || event.key === "Backspace") apply((now) => remove(now, ground));
    else if (event.key === "Escape") apply(letGo);
    else {
      const option = optionOfKey(task.options, event);
      if (option) give(option.value);
      return option !== undefined;
    }
    return true;
  });

  return (
    <>
      <div className={styles.palette} role="group" aria-label="Labels of spans">
        {task.options.map((option) => {
          const key = keys.get(option.value);
          return (
            <button
              key={option.value}
              type="button"
              tabIndex={-1}
              title={option.description || undefined}
              aria-pressed={state.picked ? state.picked.label === option.value : state.armed === option.value}
              aria-keyshortcuts={key?.toUpperCase()}
              className={clsx(styles.swatch, (state.picked ? state.picked.label : state.armed) === option.value && styles.armed)}
              style={{ "--label": colorOf(task.options, option.value) } as CSSProperties}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => {
                give(option.value);
                window.getSelection()?.removeAllRanges();
              }}
            >
              <span className={styles.color} aria-hidden="true" />
              {option.name || option.value}
              {active && key && <Kbd>{key.toUpperCase()}</Kbd>}
            </button>
          );
        })}
      </div>
      {active && <Hint editor={editor} />}
      {state.picked && (
        <div className={styles.picked}>
          <p className={styles.pickedHead}>
            <q>{state.picked.text}</q>
            <Button size="small" tabIndex={-1} onMouseDown={(event) => event.preventDefault()} aria-keyshortcuts="Delete" onClick={() => apply((now) => remove(now, ground))}>
              <Trash2 size={14} aria-hidden="true" />
              Remove <Kbd>Del</Kbd>
            </Button>
            <Button size="small" variant="quiet" icon tabIndex={-1} aria-label="Done with this span" onMouseDown={(event) => event.preventDefault()} onClick={() => apply(letGo)}>
              <X size={14} />
            </Button>
          </p>
          <SpanAttributes editor={editor} span={state.picked} />
        </div>
      )}
      <SpanList editor={editor} suggestion={suggestion} threshold={threshold} />
      {open && (
        <p className={styles.foot}>
          <Button size="small" tabIndex={-1} onMouseDown={(event) => event.preventDefault()} onClick={onNone}>
            There are none
          </Button>
        </p>
      )}
    </>
  );
}

/** What the next key or press does. */
function Hint({ editor: { state, ground } }: { editor: SpanEditor }) {
  if (state.picked) return <p className={styles.hint}>A label’s key changes it.</p>;
  if (state.selection) {
    return (
      <p className={clsx(styles.hint, styles.strong)}>
        <q>{ground.offsets.text.slice(state.selection.start, state.selection.end)}</q> Pick its label.
        <span className={styles.keys}>
          <Kbd>Shift</Kbd> <Kbd>←</Kbd> <Kbd>→</Kbd> changes its end.
        </span>
      </p>
    );
  }
  if (state.armed !== null) {
    return (
      <p className={clsx(styles.hint, styles.strong)}>
        What you select or press becomes {nameIn(ground.task.options, state.armed)}.
        <span className={styles.keys}>
          <Kbd>Esc</Kbd> ends this.
        </span>
      </p>
    );
  }
  return (
    <p className={styles.hint}>
      Select in the text, or pick a label first.
      <span className={styles.keys}>
        <Kbd>←</Kbd> <Kbd>→</Kbd> go by word
        {state.spans.length > 0 && (
          <>
            , <Kbd>,</Kbd> <Kbd>.</Kbd> by span
          </>
        )}
      </span>
    </p>
  );
}
