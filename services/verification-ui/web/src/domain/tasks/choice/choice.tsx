import clsx from "clsx";
import { useId, useState } from "react";

import { useTaskKeys } from "@/domain/tasks/task-keys";
import styles from "@/domain/tasks/choice/option-button.module.css";
import { OptionButton } from "@/domain/tasks/choice/option-button";
import { useOptionSearch } from "@/domain/tasks/choice/option-search";
import { optionKeys, optionOfKey } from "@/domain/tasks/choice/option-keys";
import type { LabelOption, Suggestion } from "@/lib/api/types";

interface Props {
  options: readonly LabelOption[];
  role: "radio" | "checkbox";
  chosen: readonly string[];
  suggestion: Suggestion | undefined;
  active: boolean;
  dense: boolean;
  onPick: (value: string) => void;
}

/** Labels of which one or several hold. Keys: each label's own, or arrows and Space. */
export function Choice({ options, role, chosen, suggestion, active, dense, onPick }: Props) {
  const id = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const [field, shown, crowded] = useOptionSearch(options, onPick);
  const keys = optionKeys(options);
  const said = suggestion?.value;
  const suggested = Array.isArray(said) ? said.filter((value) => typeof value === "string") : said === undefined ? [] : [said];

  useTaskKeys(active, (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ...(dense ? {} : { ArrowDown: 1, ArrowUp: -1 }) }[event.key];
    if (steps !== undefined) {
      const from = pointed ?? (steps > 0 ? -1 : shown.length);
      setPointed((from + steps + shown.length) % Math.max(shown.length, 1));
      return true;
    }
    if (event.repeat) return false;
    const option = event.key === " " && pointed !== null ? shown[pointed] : optionOfKey(options, event);
    if (option) onPick(option.value);
    return option !== undefined || event.key === " ";
  });

  return (
    <>
      {field}
      <div
        className={clsx(dense ? styles.chips : styles.options, !dense && crowded && styles.many)}
        role={role === "radio" ? "radiogroup" : "group"}
        aria-label="Labels"
      >
        {shown.map((option, index) => (
          <OptionButton
            key={option.value}
            id={`${id}-${index}`}
            option={option}
            role={role}
            look={dense ? "chip" : "row"}
            hint={keys.get(option.value)}
            showHint={active}
            suggested={suggested.includes(option.value)}
            probability={suggestion?.probabilities?.[option.value] ?? null}
            checked={chosen.includes(option.value)}
            pointed={active && pointed === index}
            onPick={() => onPick(option.value)}
          />
        ))}
      </div>
    </>
  );
}
