import clsx from "clsx";

import { SpanText } from "@/domain/tasks/span/span-text";
import styles from "@/domain/desk/record.module.css";
import type { Desk } from "@/domain/desk/use-desk";
import type { ReviewItem } from "@/lib/api/types";
import { words } from "@/lib/format";
import { VisibleText } from "@/ui/visible-text";

const longText = 360;

interface Props {
  item: ReviewItem;
  /** Left out where no span can be marked. */
  desk?: Desk;
  onActivate?: (task: number) => void;
}

/** What the record says; the fields of span tasks with their spans. Each text has the direction of its first letter. */
export function RecordFields({ item, desk, onActivate }: Props) {
  const fields = Object.entries(item.fields);
  const editors = item.tasks.flatMap((task, index) => {
    const editor = task.kind === "span" ? desk?.editorOf(task) : null;
    return editor ? [{ editor, index }] : [];
  });
  return fields.map(([name, value]) => {
    const here = editors.filter(({ editor }) => editor.ground.field === name);
    const active = here.find(({ index }) => index === desk?.active) ?? here[0];
    const className = clsx(styles.text, value.length > longText && styles.long, active && styles.marked);
    return (
      <div key={name} className={styles.field}>
        {fields.length > 1 && (
          <h3>
            <bdi>{words(name)}</bdi>
          </h3>
        )}
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
          <p className={className} dir="auto">
            {value === "" ? <span className={styles.empty}>(empty)</span> : <VisibleText text={value} />}
          </p>
        )}
      </div>
    );
  });
}
