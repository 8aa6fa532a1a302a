import clsx from "clsx";

import { SpanText } from "@/domain/tasks/span/span-text";
import styles from "@/features/review/review-page.module.css";
import type { Desk } from "@/features/review/use-desk";
import type { ReviewItem } from "@/lib/api/types";
import { words } from "@/lib/format";
import { visible } from "@/lib/visible";

const longText = 360;

interface Props {
  item: ReviewItem;
  /** Left out where no span can be marked. */
  desk?: Desk;
  onActivate?: (task: number) => void;
}

/** What the record says; the fields of span tasks with their spans. */
export function RecordFields({ item, desk, onActivate }: Props) {
  const fields = Object.entries(item.fields);
  const editors = item.tasks.flatMap((task, index) => {
    const editor = task.kind === "span" ? desk?.editorOf(task) : null;
    return editor ? [{ editor, index }] : [];
  });
  return (
    <div className={clsx(styles.texts, item.tasks.length > 1 && styles.stays)}>
      {fields.map(([name, value]) => {
        const here = editors.filter(({ editor }) => editor.ground.field === name);
        const active = here.find(({ index }) => index === desk?.active) ?? here[0];
        const isLong = value.length > longText;
        const className = clsx(styles.text, isLong && styles.long, active && styles.marked);
        return (
          <div key={name} className={styles.field}>
            {fields.length > 1 && <h3>{words(name)}</h3>}
            {active ? (
              <SpanText
                editors={here.map(({ editor }) => editor)}
                active={active.editor}
                className={className}
                onActivate={(editor) => {
                  const found = here.find((one) => one.editor === editor) ?? active;
                  onActivate?.(found.index);
                }}
              />
            ) : (
              <p className={className} dir="auto" tabIndex={isLong ? 0 : undefined}>
                {visible(value) || "(empty)"}
              </p>
            )}
          </div>
        );
      })}
    </div>
  );
}
