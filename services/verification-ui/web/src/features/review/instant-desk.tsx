import clsx from "clsx";
import { useEffect, useMemo, useRef } from "react";

import { nameIn, questionOf } from "@/domain/label-values";
import { OptionList } from "@/domain/tasks/choice/option-list";
import { DeskContext } from "@/domain/tasks/task-keys";
import { ActionBar } from "@/features/review/action-bar";
import styles from "@/features/review/answers.module.css";
import type { DeskProps } from "@/features/review/desk-props";
import { suggestionOf } from "@/domain/desk/draft";
import { RecordFields } from "@/domain/desk/record-fields";
import { RecordPane } from "@/features/review/record-pane";
import { WhyLine } from "@/features/review/why-line";
import { announce } from "@/lib/announce";
import type { SingleChoiceTask } from "@/lib/api/types";
import { usePageKeys } from "@/lib/keyboard";

/** An item with one question of one answer: the key of a label decides at once. The answers stand still from item to item. */
export function InstantDesk({ item, task, session, time, remarks, painted, frozen, ahead, policy, reserved, actions }: DeskProps & { task: SingleChoiceTask }) {
  const card = useRef<HTMLElement>(null);
  const { item_id, reservation } = item;
  useEffect(() => {
    // Focus follows the item, so that Enter never presses a button of the one before.
    card.current?.focus({ preventScroll: true });
  }, [item_id, reservation]);
  const suggestion = suggestionOf(item, task);
  const suggested = typeof suggestion?.value === "string" ? suggestion.value : null;
  const earlier = session.earlierValues(item_id)?.[task.name];
  const yours = useMemo(() => (typeof earlier === "string" ? [earlier] : []), [earlier]);
  const confirmed = yours[0] ?? suggested;

  const decide = (value: string) => {
    if (frozen || !session.decide(item_id, { [task.name]: value }, { ...time.end(performance.now()), ...remarks })) return;
    announce(`${nameIn(task.options, value)}. ${suggested === value ? "Confirmed" : "Chosen"}.`);
  };
  const accepts = (event: { timeStamp: number }) => !frozen && painted(event);
  usePageKeys(
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !accepts(event) || event.key !== "Enter" || confirmed === null) return;
      decide(confirmed);
      event.preventDefault();
    },
    { first: true },
  );

  return (
    <DeskContext value={{ accepts, confirm: () => undefined, moveBy: () => undefined, reserved }}>
      <RecordPane key={`${item_id}:${reservation}`} ref={card} item={item}>
        <RecordFields item={item} />
      </RecordPane>
      <section className={styles.answers} aria-label="Answers">
        <WhyLine item={item} policy={policy} ahead={ahead} />
        <div className={clsx(styles.body, ahead > 0 && styles.frozen)} inert={ahead > 0}>
          <h2 className={styles.question}>{questionOf(task)}</h2>
          <div className={styles.list}>
            <OptionList options={task.options} role="act" chosen={yours} suggestion={suggestion} yours={yours} active={!frozen} dense={false} onPick={decide} />
          </div>
        </div>
        <ActionBar
          {...actions}
          frozen={frozen}
          {...(confirmed === null ? { say: "Pick a label" } : { say: `Confirm ${nameIn(task.options, confirmed)}`, onConfirm: () => decide(confirmed) })}
        />
      </section>
    </DeskContext>
  );
}
