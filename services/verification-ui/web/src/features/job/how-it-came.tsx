import styles from "@/features/job/annotations-list.module.css";
import type { AnnotationDetail, LabelTask } from "@/lib/api/types";
import { count, counted, words } from "@/lib/format";
import { valuesText } from "@/domain/label-values";
import { seconds } from "@/lib/measures";

/** What each of several answers to the record said. */
export function Samples({ samples, tasks }: { samples: AnnotationDetail["samples"]; tasks: readonly LabelTask[] }) {
  if (samples.length === 0) return null;
  return (
    <div>
      <h3>{counted(samples.length, "answer")}</h3>
      <ol className={styles.steps}>
        {samples.map((sample, index) => (
          <li key={index}>{sample.left_out ? "not kept, for want of room" : sample.reason ? words(sample.reason) : valuesText(tasks, sample.values)}</li>
        ))}
      </ol>
    </div>
  );
}

/** The calls that were made for the record, where one was not enough. */
export function Calls({ calls }: { calls: AnnotationDetail["calls"] }) {
  if (calls.length === 0) return null;
  const models = new Set(calls.map(({ provider, model }) => `${provider} ${model}`));
  return (
    <div>
      <h3>{counted(calls.length, "call")}</h3>
      <ol className={styles.steps}>
        {calls.map((call) => (
          <li key={call.started_at}>
            {[
              call.error ? words(call.error) : "Answered",
              call.error && call.status != null && String(call.status),
              seconds(call.seconds),
              call.prompt_tokens != null && call.completion_tokens != null && `${count(call.prompt_tokens)} tokens in, ${count(call.completion_tokens)} out`,
              models.size > 1 && call.model,
            ]
              .filter(Boolean)
              .join(" · ")}
          </li>
        ))}
      </ol>
    </div>
  );
}
