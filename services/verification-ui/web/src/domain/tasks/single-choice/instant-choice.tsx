import clsx from "clsx";

import styles from "@/domain/tasks/choice/option-button.module.css";
import { OptionButton } from "@/domain/tasks/choice/option-button";
import { useOptionSearch } from "@/domain/tasks/choice/option-search";
import { optionKeys } from "@/domain/tasks/choice/option-keys";
import type { LabelValue, SingleChoiceTask, Suggestion } from "@/lib/api/types";
import { percent } from "@/lib/format";

interface Props {
  task: SingleChoiceTask;
  suggestion: Suggestion | undefined;
  /** The label just picked, visible for a moment before the next item comes. */
  chosen: LabelValue | undefined;
  onChoose: (value: string) => void;
}

/** The only question of an item: picking a label decides. */
export function InstantChoice({ task, suggestion, chosen, onChoose }: Props) {
  const { options } = task;
  const [field, shown, crowded] = useOptionSearch(options, onChoose);
  const keys = optionKeys(options);
  const digits = nearTie(Object.values(suggestion?.probabilities ?? {})) ? 1 : 0;
  return (
    <>
      {field}
      <div className={clsx(styles.options, crowded && styles.many)} role="group" aria-label="Labels">
        {shown.map((option) => (
          <OptionButton
            key={option.value}
            option={option}
            role="act"
            look="row"
            hint={keys.get(option.value)}
            showHint
            suggested={suggestion?.value === option.value}
            probability={suggestion?.probabilities?.[option.value] ?? null}
            digits={digits}
            checked={chosen === option.value}
            faded={chosen !== undefined && chosen !== option.value}
            onPick={() => onChoose(option.value)}
          />
        ))}
      </div>
    </>
  );
}

/** Whether the two likeliest labels look alike in whole percent. */
function nearTie(probabilities: number[]): boolean {
  const [first = 1, second = 0] = [...probabilities].sort((one, other) => other - one);
  return percent(first) === percent(second);
}
