import clsx from "clsx";
import { Check } from "lucide-react";
import type { CSSProperties } from "react";

import { Bar } from "@/ui/bar";
import { Kbd } from "@/ui/kbd";
import styles from "@/domain/tasks/choice/option-button.module.css";
import type { LabelOption } from "@/lib/api/types";
import { percent } from "@/lib/format";

interface Props {
  id?: string;
  option: LabelOption;
  /** What kind of choice it is part of; `act` decides as soon as it is pressed. */
  role: "act" | "radio" | "checkbox";
  look: "row" | "chip";
  checked: boolean;
  /** The key that picks it, if one does. */
  hint: string | undefined;
  /** Whether its key is shown: only those that work now. */
  showHint: boolean;
  suggested: boolean;
  probability: number | null;
  /** After the point of the percentage. */
  digits?: number;
  /** Where the arrow keys stand. */
  pointed?: boolean;
  faded?: boolean;
  onPick: () => void;
}

/** One label to choose: its key, colour, name, and the probability that the model gives it. */
export function OptionButton({ id, option, role, look, checked, hint, showHint, suggested, probability, digits = 0, pointed, faded, onPick }: Props) {
  const acts = role === "act";
  const keys = [hint?.toUpperCase(), acts && suggested ? "Enter" : null].filter(Boolean).join(" ");
  return (
    <button
      id={id}
      type="button"
      role={acts ? undefined : role}
      aria-checked={acts ? undefined : checked}
      tabIndex={acts ? undefined : -1}
      aria-keyshortcuts={keys || undefined}
      title={look === "chip" && option.description ? option.description : undefined}
      style={option.color == null ? undefined : ({ "--label": option.color } as CSSProperties)}
      className={clsx(
        styles.option,
        styles[look],
        suggested && styles.suggested,
        look === "row" && option.description && styles.described,
        checked && styles.chosen,
        acts && styles.acts,
        faded && styles.faded,
        pointed && styles.pointed,
      )}
      // Focus stays with the task, so that Enter confirms instead of pressing this again.
      onMouseDown={acts ? undefined : (event) => event.preventDefault()}
      onClick={onPick}
    >
      <span className={styles.mark}>
        {acts && checked ? (
          <Check size={17} strokeWidth={2.5} aria-hidden="true" />
        ) : acts ? (
          hint && <Kbd>{hint.toUpperCase()}</Kbd>
        ) : (
          <span className={clsx(styles.box, role === "radio" && styles.round)} aria-hidden="true">
            {checked ? role === "checkbox" ? <Check size={12} strokeWidth={3} /> : <span className={styles.dot} /> : null}
          </span>
        )}
      </span>
      <span className={styles.name}>
        {option.color != null && <span className={styles.color} aria-hidden="true" />}
        {option.name || option.value}
        {suggested && <span className={clsx(styles.by, !acts && checked && "visually-hidden")}>{look === "row" ? "the model’s label" : "model"}</span>}
      </span>
      {look === "row" && option.description && <span className={styles.description}>{option.description}</span>}
      {probability !== null && (
        <span className={clsx(styles.share, "tabular")}>
          {look === "row" && <Bar className={styles.probability} height={4} parts={[{ share: probability, tone: suggested ? "accent" : "neutral" }]} />}
          <b>{percent(probability, digits)}</b>
        </span>
      )}
      {!acts && hint && showHint && <Kbd>{hint.toUpperCase()}</Kbd>}
    </button>
  );
}
