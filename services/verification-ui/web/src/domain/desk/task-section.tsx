import clsx from "clsx";
import { Pencil, RotateCcw } from "lucide-react";
import { useId } from "react";

import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Tip } from "@/ui/tip";
import { MultipleChoice } from "@/domain/tasks/multiple-choice/edit";
import { NumberKind } from "@/domain/tasks/number/edit";
import { gridOf } from "@/domain/tasks/number/number-grid";
import { SingleChoice } from "@/domain/tasks/single-choice/edit";
import { Spans } from "@/domain/tasks/span/edit";
import { Text } from "@/domain/tasks/text/edit";
import { whyOf } from "@/domain/desk/reasons";
import { percent } from "@/lib/format";
import styles from "@/domain/desk/task-section.module.css";
import type { Desk } from "@/domain/desk/use-desk";
import { suggestionOf } from "@/domain/desk/draft";
import type { LabelTask, ReviewItem } from "@/lib/api/types";
import { questionOf } from "@/domain/label-values";

interface Props {
  item: ReviewItem;
  task: LabelTask;
  index: number;
  desk: Desk;
  threshold: number | null;
}

/** One question of several, or one that is not decided at a stroke; the active one has the keys. */
export function TaskSection({ item, task, index, desk, threshold }: Props) {
  const id = useId();
  const active = desk.active === index;
  const suggestion = suggestionOf(item, task);
  const problem = desk.problems.get(task.name);
  const changed = suggestion !== undefined && desk.isChanged(task);
  const dense = item.tasks.length > 1;
  const cause = dense ? whyOf(item, task.name) : null;
  const typed = task.kind === "text" || (task.kind === "number" && gridOf(task) === null);
  const told = problem !== undefined && desk.insists && !typed; // a field says it itself
  return (
    <section
      data-task={index}
      className={clsx(styles.section, active && dense && styles.active)}
      role="group"
      aria-labelledby={`${id}-question`}
      aria-describedby={told ? `${id}-problem` : undefined}
      aria-current={active && dense ? "step" : undefined}
      tabIndex={typed ? -1 : 0}
      onFocus={() => desk.setActive(index)}
      onPointerDown={(event) => {
        if (event.target instanceof Element && !event.target.closest("input, textarea")) event.currentTarget.focus({ preventScroll: true });
      }}
    >
      <div className={styles.head}>
        <h2 className={styles.question} id={`${id}-question`}>
          {questionOf(task)}
        </h2>
        {changed && (
          <span className={styles.changed}>
            <Pencil size={12} aria-hidden="true" />
            Corrected
            <Button
              size="small"
              variant="quiet"
              icon
              tabIndex={-1}
              title="Back to the model’s"
              aria-label={`Back to the model’s: ${questionOf(task)}`}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => desk.reset(task)}
            >
              <RotateCcw size={13} />
            </Button>
          </span>
        )}
        <span className={styles.spring} />
        {cause && (
          <Tip text={cause.sentence}>
            <span tabIndex={-1} className={styles.cause}>
              <Badge tone={cause.tone} dot>
                {cause.word}
              </Badge>
            </span>
          </Tip>
        )}
        <span className={clsx(styles.sure, "tabular")}>{suggestion ? suggestion.confidence != null && `${percent(suggestion.confidence)} sure` : "No suggestion"}</span>
      </div>
      <Kind item={item} task={task} desk={desk} active={active} dense={dense} threshold={threshold} />
      {told && (
        <p className={styles.problem} id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </section>
  );
}

function Kind({ item, task, desk, active, dense, threshold }: Omit<Props, "index"> & { active: boolean; dense: boolean }) {
  const props = {
    value: desk.values[task.name],
    suggestion: suggestionOf(item, task),
    active,
    dense,
    insists: desk.insists,
    onChange: (value: Parameters<Desk["setValue"]>[1]) => desk.setValue(task, value),
  };
  switch (task.kind) {
    case "single_choice":
      return <SingleChoice {...props} task={task} />;
    case "multiple_choice":
      return <MultipleChoice {...props} task={task} />;
    case "number":
      return <NumberKind {...props} task={task} />;
    case "text":
      return <Text {...props} task={task} />;
    case "span": {
      const editor = desk.editorOf(task);
      if (!editor) return <p className={styles.problem}>The record has no field {task.field ? `“${task.field}”` : "that is named"} to mark spans in.</p>;
      const { suggestion } = props;
      return <Spans editor={editor} suggestion={suggestion} active={active} threshold={threshold} open={props.value === undefined} onNone={() => props.onChange([])} />;
    }
  }
}
