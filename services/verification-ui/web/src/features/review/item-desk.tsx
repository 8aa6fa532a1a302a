import clsx from "clsx";
import { useEffect, useRef } from "react";

import { questionOf, valuesText } from "@/domain/label-values";
import { thresholdOf } from "@/domain/review-policy";
import { DeskContext } from "@/domain/tasks/task-keys";
import { ActionBar } from "@/features/review/action-bar";
import answers from "@/features/review/answers.module.css";
import type { DeskProps } from "@/features/review/desk-props";
import { confirms, decidesAtOnce } from "@/domain/desk/draft";
import { InstantDesk } from "@/features/review/instant-desk";
import { RecordFields } from "@/domain/desk/record-fields";
import { RecordPane } from "@/features/review/record-pane";
import { TaskSection } from "@/domain/desk/task-section";
import { useDesk } from "@/domain/desk/use-desk";
import { useDraft } from "@/features/review/use-draft";
import { WhyLine } from "@/features/review/why-line";
import { announce } from "@/lib/announce";
import { counted } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";

/** Where a person decides on one item: the record, and the answers. */
export function ItemDesk(props: DeskProps) {
  const [task] = props.item.tasks;
  if (decidesAtOnce(props.item) && task?.kind === "single_choice") return <InstantDesk {...props} task={task} />;
  return <TaskDesk key={`${props.item.item_id}:${props.item.reservation}`} {...props} />;
}

/** An item whose decision is put together, task by task; Enter decides on all of them. Made anew for each. */
function TaskDesk({ item, session, store, personId, time, remarks, painted, frozen, ahead, policy, reserved, actions }: DeskProps) {
  const card = useRef<HTMLElement>(null);
  const form = useRef<HTMLDivElement>(null);
  const desk = useDesk(item, session.earlierValues(item.item_id), policy, frozen);
  const forgetDraft = useDraft({ item, store, personId, desk, frozen });
  const { tasks } = item;
  const isConfirmed = confirms(item, desk.values);

  const focusTask = (index: number, options?: FocusOptions) => {
    const section = form.current?.querySelector<HTMLElement>(`[data-task="${index}"]`);
    const begin = section?.querySelector<HTMLElement>("[data-begin]") ?? section;
    begin?.focus({ preventScroll: true });
    if (!options?.preventScroll) section?.scrollIntoView({ block: "nearest" });
  };
  // Focus follows the item to the task that needs a look, so that Enter never presses a button of the item before.
  const first = useRef(desk.active);
  useEffect(() => focusTask(first.current), []);

  const moveBy = (steps: 1 | -1) => {
    const next = desk.active + steps;
    if (tasks[next]) focusTask(next);
  };
  const confirm = () => {
    if (frozen) return;
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
    } else if (session.decide(item.item_id, desk.values, { ...time.end(performance.now()), ...remarks })) {
      forgetDraft();
      announce(`${isConfirmed ? "Confirmed" : "Corrected"}: ${valuesText(tasks, desk.values)}.`);
    }
  };
  const keys = { accepts: (event: { timeStamp: number }) => !frozen && painted(event), confirm, moveBy, reserved };

  usePageKeys(
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !keys.accepts(event)) return;
      if (event.key === "Enter") confirm();
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveBy(event.key === "ArrowDown" ? 1 : -1);
      else return;
      event.preventDefault();
    },
    { first: true },
  );

  const missing = desk.problems.size;
  return (
    <DeskContext value={keys}>
      <RecordPane ref={card} item={item}>
        <RecordFields item={item} desk={desk} onActivate={(index) => desk.active !== index && focusTask(index)} />
      </RecordPane>
      <section className={answers.answers} aria-label="Answers">
        <WhyLine item={item} policy={policy} ahead={ahead} />
        <div ref={form} className={clsx(answers.body, ahead > 0 && answers.frozen)} inert={ahead > 0}>
          <div className={answers.tasks}>
            {tasks.map((task, index) => (
              <TaskSection key={task.name} item={item} task={task} index={index} desk={desk} threshold={thresholdOf(policy, task.name)} />
            ))}
          </div>
        </div>
        <ActionBar
          {...actions}
          frozen={frozen}
          say={missing > 0 ? `${counted(missing, "answer")} to finish` : isConfirmed ? (tasks.length > 1 ? "Confirm all" : "Confirm") : "Save corrected"}
          quiet={missing > 0}
          onConfirm={confirm}
        />
      </section>
    </DeskContext>
  );
}
