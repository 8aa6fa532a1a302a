import clsx from "clsx";

import styles from "@/domain/tasks/tasks.module.css";
import { setAttribute, type SpanEditor } from "@/domain/tasks/span/span-editing";
import type { LabelSpan } from "@/lib/api/types";
import { words } from "@/lib/format";

/** What else is said of the picked span. */
export function SpanAttributes({ editor: { ground, apply }, span }: { editor: SpanEditor; span: LabelSpan }) {
  return ground.task.attributes.map((attribute) => {
    const value = span.attributes?.[attribute.name];
    return (
      <div key={attribute.name} className={styles.attribute} role="radiogroup" aria-label={words(attribute.name)}>
        <span className={clsx(styles.attributeName, attribute.required && value === undefined && styles.bad)}>
          {words(attribute.name)}
          {attribute.required && value === undefined && " (needed)"}
        </span>
        {attribute.options.map((option) => (
          <button
            key={option.value}
            type="button"
            role="radio"
            aria-checked={value === option.value}
            className={clsx(styles.small, value === option.value && styles.on)}
            title={option.description || undefined}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => apply((now) => setAttribute(now, ground, attribute.name, option.value))}
          >
            {option.name || option.value}
          </button>
        ))}
      </div>
    );
  });
}
