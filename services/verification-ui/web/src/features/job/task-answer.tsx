import { ValueView } from "@/domain/value-view";
import styles from "@/features/job/annotations-list.module.css";
import type { AnnotationDetail, LabelTask, LabelValue } from "@/lib/api/types";
import { percent, words } from "@/lib/format";
import { questionOf, sameValue } from "@/domain/label-values";

interface Props {
  annotation: AnnotationDetail;
  task: LabelTask;
  /** Whether the question stands above, as among others. */
  titled: boolean;
}

const unknown = (reason: string | null | undefined) => (reason ? `none: ${words(reason).toLowerCase()}` : "none");

/** What one task was answered: by the model, by a person, and what its gold label is. */
export function TaskAnswer({ annotation, task, titled }: Props) {
  const label = annotation.labels.find((candidate) => candidate.task === task.name);
  const decided = annotation.verification?.values[task.name];
  const gold: LabelValue | undefined = annotation.record?.gold?.[task.name];
  if (!label && decided === undefined && gold === undefined) return null;
  const corrected = decided !== undefined && !sameValue(decided, label?.value);
  return (
    <div>
      {titled && <h3>{questionOf(task)}</h3>}
      <dl className={styles.facts}>
        {label && (
          <>
            <dt>Model</dt>
            <dd>
              <ValueView task={task} value={label.value} gone={corrected && !Array.isArray(label.value)} />
            </dd>
            <dt>Confidence</dt>
            <dd className="tabular">
              {label.confidence == null ? unknown(label.confidence_missing_reason) : percent(label.confidence, 1)}
              <small>found by: {words(label.rule).toLowerCase()}</small>
            </dd>
          </>
        )}
        {corrected && (
          <>
            <dt>Person</dt>
            <dd>
              <ValueView task={task} value={decided} />
            </dd>
          </>
        )}
        {gold !== undefined && (
          <>
            <dt>Gold</dt>
            <dd>
              <ValueView task={task} value={gold} />
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}
