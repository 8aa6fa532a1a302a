import clsx from "clsx";
import { Check } from "lucide-react";
import { useState } from "react";

import { Bar } from "@/components/bar";
import { Kbd } from "@/components/kbd";
import styles from "@/features/review/options.module.css";
import type { LabelOption, LabelValue, ReviewItem } from "@/lib/api/types";
import { percent } from "@/lib/format";

/** From this many labels on, they stand in columns and can be searched. */
const many = 10;

interface Props {
  item: ReviewItem;
  chosen: LabelValue | null;
  onChoose: (value: string) => void;
}

/** The labels to choose from, each with its key and the probability that the model gives it. */
export function Options({ item, chosen, onChoose }: Props) {
  const [search, setSearch] = useState("");
  const { options } = item.task;
  const wanted = search.trim().toLowerCase();
  const shown = wanted ? options.filter((option) => `${option.value} ${option.name}`.toLowerCase().includes(wanted)) : options;
  const crowded = options.length >= many;
  const digits = nearTie(Object.values(item.suggestion?.probabilities ?? {})) ? 1 : 0;

  return (
    <>
      {crowded && (
        <input
          className={styles.filter}
          type="search"
          placeholder={`Search ${options.length} labels; Enter picks the first`}
          aria-label="Search the labels"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key !== "Enter" || event.repeat || event.nativeEvent.isComposing) return;
            const [first] = shown;
            if (wanted && first) onChoose(first.value);
          }}
        />
      )}
      <div className={clsx(styles.options, crowded && styles.many)} role="group" aria-label="Labels">
        {shown.map((option) => (
          <Option
            key={option.value}
            option={option}
            digit={options.indexOf(option) + 1}
            suggested={item.suggestion?.value === option.value}
            probability={item.suggestion?.probabilities?.[option.value] ?? null}
            digits={digits}
            chosen={chosen === option.value}
            faded={chosen !== null && chosen !== option.value}
            onChoose={() => onChoose(option.value)}
          />
        ))}
        {shown.length === 0 && <p>No label matches “{search}”.</p>}
      </div>
    </>
  );
}

/** Whether the two likeliest labels look alike in whole percent. */
function nearTie(probabilities: number[]): boolean {
  const [first = 1, second = 0] = [...probabilities].sort((one, other) => other - one);
  return percent(first) === percent(second);
}

interface OptionProps {
  option: LabelOption;
  digit: number;
  suggested: boolean;
  probability: number | null;
  /** After the point of the percentage. */
  digits: number;
  chosen: boolean;
  faded: boolean;
  onChoose: () => void;
}

function Option({ option, digit, suggested, probability, digits, chosen, faded, onChoose }: OptionProps) {
  const keys = [digit <= 9 ? String(digit) : null, suggested ? "Enter" : null].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      className={clsx(styles.option, suggested && styles.suggested, chosen && styles.chosen, faded && styles.faded)}
      aria-keyshortcuts={keys || undefined}
      onClick={onChoose}
    >
      <span className={styles.digit}>
        {chosen ? (
          <span className={styles.check}>
            <Check size={17} strokeWidth={2.5} aria-hidden="true" />
          </span>
        ) : (
          digit <= 9 && <Kbd>{digit}</Kbd>
        )}
      </span>
      <span className={styles.name}>
        {option.name || option.value}
        {suggested && <span className={styles.by}>the model’s label</span>}
      </span>
      {option.description && <span className={styles.description}>{option.description}</span>}
      {probability !== null && (
        <span className={clsx(styles.share, "tabular")}>
          <Bar className={styles.probability} height={4} parts={[{ share: probability, tone: suggested ? "accent" : "neutral" }]} />
          <b>{percent(probability, digits)}</b>
        </span>
      )}
    </button>
  );
}
