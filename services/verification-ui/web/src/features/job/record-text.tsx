import { useMemo } from "react";

import { MarkedText, type Mark } from "@/domain/marked-text";
import styles from "@/features/job/annotations-list.module.css";
import type { AnnotationDetail, LabelTask } from "@/lib/api/types";
import { words } from "@/lib/format";
import { colorOf } from "@/domain/label-colors";
import { isSpans, nameIn } from "@/domain/label-values";
import { TextOffsets } from "@/domain/text-offsets";

/** The fields of a record, each with the spans that hold: a person's, else the model's. */
export function RecordText({ annotation, tasks }: { annotation: AnnotationDetail; tasks: readonly LabelTask[] }) {
  return Object.entries(annotation.record?.fields ?? {}).map(([name, text]) => (
    <div key={name}>
      <h3>{words(name)}</h3>
      <Field name={name} text={text} annotation={annotation} tasks={tasks} />
    </div>
  ));
}

function Field({ name, text, annotation, tasks }: { name: string; text: string; annotation: AnnotationDetail; tasks: readonly LabelTask[] }) {
  const marks = useMemo(() => marksIn(name, text, annotation, tasks), [name, text, annotation, tasks]);
  return <MarkedText text={text} marks={marks} className={marks.length > 0 ? `${styles.text ?? ""} ${styles.marked ?? ""}` : styles.text} />;
}

function marksIn(name: string, text: string, { labels, verification }: AnnotationDetail, tasks: readonly LabelTask[]): Mark[] {
  const offsets = new TextOffsets(text);
  return tasks.flatMap((task) => {
    const value = verification?.values[task.name] ?? labels.find((label) => label.task === task.name)?.value;
    if (task.kind !== "span" || value === undefined || !isSpans(value)) return [];
    return value
      .filter((span) => span.field === name)
      .map((span) => ({
        id: `${task.name}:${span.start}:${span.end}:${span.label}`,
        start: offsets.unitOf(span.start),
        end: offsets.unitOf(span.end),
        color: colorOf(task.options, span.label),
        name: nameIn(task.options, span.label),
      }));
  });
}
