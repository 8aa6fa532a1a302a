import { optionsOf, questionOf } from "@/domain/label-values";
import styles from "@/features/review/guidelines.module.css";
import type { LabelTask } from "@/lib/api/types";
import { words } from "@/lib/format";
import { Dialog } from "@/ui/dialog";

/** What the label schema says: each question, its labels with their descriptions and other names, its bounds. */
export function Guidelines({ open, onClose, tasks }: { open: boolean; onClose: () => void; tasks: readonly LabelTask[] }) {
  return (
    <Dialog open={open} onClose={onClose} title="Guidelines" side>
      {tasks.map((task) => (
        <section key={task.name} className={styles.task} aria-label={questionOf(task)}>
          <h3>{questionOf(task)}</h3>
          <p className={styles.rule}>{rule(task)}</p>
          <dl className={styles.labels}>
            {optionsOf(task).map((option) => (
              <div key={option.value}>
                <dt>
                  <bdi>{option.name || option.value}</bdi>
                </dt>
                <dd dir="auto">
                  {option.description || <span className={styles.none}>No description</span>}
                  {option.aliases.length > 0 && <span className={styles.aliases}>also: {option.aliases.join(", ")}</span>}
                </dd>
              </div>
            ))}
          </dl>
          {task.kind === "span" && task.attributes.length > 0 && (
            <p className={styles.rule}>Each span also has: {task.attributes.map(({ name, required }) => `${words(name)}${required ? " (needed)" : ""}`).join(", ")}.</p>
          )}
        </section>
      ))}
    </Dialog>
  );
}

function rule(task: LabelTask): string {
  switch (task.kind) {
    case "single_choice":
      return "Exactly one of these labels holds.";
    case "multiple_choice":
      return task.at_most == null ? `At least ${task.at_least} of these labels.` : `${task.at_least} to ${task.at_most} of these labels.`;
    case "span":
      return `Mark each stretch of the text to which one of these labels applies.${task.overlaps ? " Spans may overlap." : " Spans may not overlap."}`;
    case "number":
      return `A number from ${task.minimum} to ${task.maximum}${task.unit ? ` ${task.unit}` : ""}${task.step == null ? "" : `, in steps of ${task.step}`}.`;
    case "text":
      return `A text of ${task.min_length} to ${task.max_length} characters${task.pattern == null ? "" : ` that matches ${task.pattern}`}.`;
  }
}
