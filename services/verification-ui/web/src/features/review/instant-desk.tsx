import { useEffect, useRef } from "react";

import { ActionBar } from "@/features/review/action-bar";
import type { DeskProps } from "@/features/review/desk-props";
import { suggestionOf } from "@/features/review/draft";
import { InstantChoice } from "@/domain/tasks/single-choice/instant-choice";
import { optionOfKey } from "@/domain/tasks/choice/option-keys";
import { RecordFields } from "@/features/review/record-fields";
import { ReviewCard } from "@/features/review/review-card";
import styles from "@/features/review/review-page.module.css";
import { Sureness } from "@/features/review/sureness";
import { announce } from "@/lib/announce";
import type { SingleChoiceTask } from "@/lib/api/types";
import { usePageKeys } from "@/lib/keyboard";
import { nameIn, questionOf } from "@/domain/label-values";
import { thresholdOf } from "@/domain/review-policy";

/** An item with one question of one answer: the key of a label decides at once. */
export function InstantDesk({ item, task, session, chosen, painted, frozen, policy, open, decided, actions }: DeskProps & { task: SingleChoiceTask }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    // Focus follows the item, so that Enter never presses a button of the one before.
    card.current?.focus({ preventScroll: true });
  }, []);
  const suggestion = suggestionOf(item, task);
  const suggested = typeof suggestion?.value === "string" ? suggestion.value : null;

  const decide = (value: string) => {
    if (!session.decide(item.item_id, { [task.name]: value })) return;
    announce(`${nameIn(task.options, value)}. ${suggested === value ? "Confirmed" : "Chosen"}.`);
  };
  usePageKeys(
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || frozen || !painted(event)) return;
      const value = event.key === "Enter" ? suggested : optionOfKey(task.options, event)?.value;
      if (value == null) return;
      decide(value);
      event.preventDefault();
    },
    { first: true },
  );

  return (
    <>
      <ReviewCard ref={card} item={item} open={open} decided={decided}>
        <RecordFields item={item} />
        <div className={styles.ask}>
          <h2 className={styles.question}>{questionOf(task)}</h2>
          <Sureness suggestion={suggestion} threshold={thresholdOf(policy, task.name)} />
        </div>
        <InstantChoice task={task} suggestion={suggestion} chosen={chosen?.[task.name]} onChoose={decide} />
      </ReviewCard>
      <ActionBar
        {...actions}
        {...(suggested === null ? { say: "Pick a label" } : { say: `Confirm ${nameIn(task.options, suggested)}`, onConfirm: () => decide(suggested) })}
      />
    </>
  );
}
