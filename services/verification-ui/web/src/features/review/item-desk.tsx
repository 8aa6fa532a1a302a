import clsx from "clsx";
import { useEffect, useRef } from "react";

import { ActionBar } from "@/features/review/action-bar";
import { DeskContext } from "@/domain/tasks/task-keys";
import type { DeskProps } from "@/features/review/desk-props";
import { confirms, decidesAtOnce } from "@/features/review/draft";
import { InstantDesk } from "@/features/review/instant-desk";
import { RecordFields } from "@/features/review/record-fields";
import { ReviewCard } from "@/features/review/review-card";
import { TaskSection } from "@/features/review/task-section";
import styles from "@/features/review/task-section.module.css";
import { useDesk } from "@/features/review/use-desk";
import { announce } from "@/lib/announce";
import { counted } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { questionOf, valuesText } from "@/domain/label-values";
import { thresholdOf } from "@/domain/review-policy";

/** Where a person decides on one item. Made anew for each. */
export function ItemDesk(props: DeskProps) {
  const [task] = props.item.tasks;
  return decidesAtOnce(props.item) && task?.kind === "single_choice" ? <InstantDesk {...props} task={task} /> : <TaskDesk {...props} />;
}

/** An item whose decision is put together, task by task; Enter decides on all of them. */
function TaskDesk({ item, session, chosen, painted, frozen, policy, open, decided, actions }: DeskProps) {
  const card = useRef<HTMLElement>(null);
  const desk = useDesk(item, session.earlierValues(item.item_id), policy, frozen);
  const { tasks } = item;
  const isConfirmed = confirms(item, desk.values);

  const focusTask = (index: number, options?: FocusOptions) => {
    const section = card.current?.querySelector<HTMLElement>(`[data-task="${index}"]`);
    const begin = section?.querySelector<HTMLElement>("[data-begin]") ?? section;
    begin?.focus(options);
    // Focus alone leaves it behind the bar.
    if (!options?.preventScroll) begin?.scrollIntoView({ block: "nearest" });
  };
  // Focus follows the item to the task that needs a look, so that Enter never presses a button of the item before.
  const first = useRef(desk.active);
  useEffect(() => focusTask(first.current, { preventScroll: true }), []);

  const moveBy = (steps: 1 | -1) => {
    const next = desk.active + steps;
    if (tasks[next]) focusTask(next);
  };
  const confirm = () => {
    const [wrong] = desk.problems.keys();
    const unlabeled = desk.unlabeled();
    if (unlabeled >= 0) {
      focusTask(unlabeled);
      announce("The marked text has no label yet. Pick one, or press Escape.", "assertive");
    } else if (wrong !== undefined) {
      const index = tasks.findIndex(({ name }) => name === wrong);
      desk.insist();
      focusTask(index);
      announce(`${tasks[index] ? questionOf(tasks[index]) : wrong}: ${desk.problems.get(wrong) ?? ""}.`, "assertive");
    } else if (session.decide(item.item_id, desk.values)) {
      announce(`${isConfirmed ? "Confirmed" : "Corrected"}: ${valuesText(tasks, desk.values)}.`);
    }
  };
  const keys = { accepts: (event: { timeStamp: number }) => !frozen && painted(event), confirm, moveBy };

  usePageKeys((event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys.accepts(event)) return;
    if (event.key === "Enter") confirm();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveBy(event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  }, { first: true });

  const missing = desk.problems.size;
  return (
    <DeskContext value={keys}>
      <ReviewCard ref={card} item={item} open={open} decided={decided}>
        <RecordFields item={item} desk={desk} onActivate={(index) => desk.active !== index && focusTask(index)} />
        <div className={clsx(styles.tasks, chosen !== null && styles.decided)}>
          {tasks.map((task, index) => (
            <TaskSection key={task.name} item={item} task={task} index={index} desk={desk} threshold={thresholdOf(policy, task.name)} />
          ))}
        </div>
      </ReviewCard>
      <ActionBar
        {...actions}
        say={missing > 0 ? `${counted(missing, "answer")} to finish` : isConfirmed ? (tasks.length > 1 ? "Confirm all" : "Confirm") : "Save corrected"}
        quiet={missing > 0}
        onConfirm={confirm}
      />
    </DeskContext>
  );
}
