import clsx from "clsx";
import { Undo2 } from "lucide-react";
import type { CSSProperties } from "react";

import styles from "@/domain/tasks/tasks.module.css";
import { bringBack, spansOf, type SpanEditor } from "@/domain/tasks/span/span-editing";
import type { LabelSpan, Suggestion } from "@/lib/api/types";
import { percent } from "@/lib/format";
import { colorOf } from "@/domain/label-colors";
import { nameIn, spanKey } from "@/domain/label-values";

interface Props {
  editor: SpanEditor;
  suggestion: Suggestion | undefined;
  threshold: number | null;
}

/** The spans one by one with the model's confidence, and those of the model that do not hold any more. */
export function SpanList({ editor: { ground, state, apply }, suggestion, threshold }: Props) {
  const { options } = ground.task;
  const suggested = spansOf(suggestion?.value);
  const sure = new Map(suggested.map((span, index) => [spanKey(span), suggestion?.span_confidences?.[index] ?? null]));
  const held = new Set(state.spans.map(spanKey));
  const gone = suggested.filter((span) => !held.has(spanKey(span)));
  if (state.spans.length === 0 && gone.length === 0) return null;

  const look = (span: LabelSpan) => ({ "--label": colorOf(options, span.label) }) as CSSProperties;
  return (
    <ul className={styles.spans} aria-label="Spans">
      {state.spans.map((span) => {
        const key = spanKey(span);
        const confidence = sure.get(key);
        const doubtful = confidence != null && threshold !== null && confidence < threshold;
        return (
          <li key={key}>
            <button
              type="button"
              tabIndex={-1}
              aria-pressed={span === state.picked}
              className={clsx(styles.span, span === state.picked && styles.on)}
              style={look(span)}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => apply((now) => ({ ...now, selection: null, picked: now.picked === span ? null : span }))}
            >
              <span className={styles.color} aria-hidden="true" />
              <span className={styles.quote}>{span.text}</span>
              <span className={styles.what}>
                {[nameIn(options, span.label), ...Object.values(span.attributes ?? {})].join(", ")}
              </span>
              <span className={clsx(styles.sure, "tabular", doubtful && styles.doubtful)}>
                {confidence === undefined ? "new" : confidence === null ? null : percent(confidence)}
              </span>
            </button>
          </li>
        );
      })}
      {gone.map((span) => (
        <li key={spanKey(span)}>
          <button
            type="button"
            tabIndex={-1}
            className={clsx(styles.span, styles.gone)}
            style={look(span)}
            aria-label={`Bring back ${span.text}, ${nameIn(options, span.label)}`}
            title="Bring back the model’s span"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => apply((now) => bringBack(now, ground, span))}
          >
            <Undo2 size={12} aria-hidden="true" />
            <s className={styles.quote}>{span.text}</s>
            <span className={styles.what}>{nameIn(options, span.label)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
