import clsx from "clsx";
import { Check } from "lucide-react";
import { Fragment, memo, type CSSProperties } from "react";

import styles from "@/domain/tasks/choice/option-button.module.css";
import type { LabelOption } from "@/lib/api/types";
import { percent } from "@/lib/format";
import { Kbd } from "@/ui/kbd";

export type OptionRole = "act" | "radio" | "checkbox";

/** Lets names of many words joined by signs wrap between them: `card_payment_fee`. */
const broken = (name: string) =>
  name.split(/(?<=[_/.-])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));

interface Props {
  option: LabelOption;
  /** What kind of choice it is part of; `act` decides as soon as it is pressed. */
  role: OptionRole;
  /** A row of its own, a row of a long list, or one chip beside others. */
  look: "row" | "line" | "chip";
  checked: boolean;
  /** The key that picks it, if one does. */
  hint: string | undefined;
  /** Whether its key is shown: only those that work now. */
  showHint: boolean;
  /** Whose label it is, before anybody decides. */
  by: "model" | "yours" | null;
  /** Enter confirms it. */
  confirmed?: boolean;
  probability: number | null;
  /** After the point of the percentage. */
  digits?: number;
  /** Where the arrow keys stand. */
  pointed?: boolean;
  onPick: (value: string) => void;
}

/** One label to choose: its key, colour, name, and the probability that the model gives it. */
export const OptionButton = memo(function OptionButton({ option, role, look, checked, hint, showHint, by, confirmed = false, probability, digits = 0, pointed = false, onPick }: Props) {
  const acts = role === "act";
  const name = option.name || option.value;
  const keys = [hint?.toUpperCase(), confirmed ? "Enter" : null].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      data-option={option.value}
      role={acts ? undefined : role}
      aria-checked={acts ? undefined : checked}
      tabIndex={acts ? undefined : -1}
      aria-keyshortcuts={keys || undefined}
      title={look === "row" ? undefined : [name, option.description].filter(Boolean).join(": ")}
      style={option.color == null ? undefined : ({ "--label": option.color } as CSSProperties)}
      className={clsx(
        styles.option,
        styles[look],
        by !== null && styles[by],
        look === "row" && option.description && styles.described,
        checked && styles.chosen,
        acts && styles.acts,
        pointed && styles.pointed,
      )}
      // Focus stays with the record or the task, so that Enter confirms instead of pressing this again.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPick(option.value)}
    >
      {!acts && (
        <span className={clsx(styles.box, role === "radio" && styles.round)} aria-hidden="true">
          {checked ? role === "checkbox" ? <Check size={12} strokeWidth={3} /> : <span className={styles.dot} /> : null}
        </span>
      )}
      {acts && <span className={styles.key}>{hint && <Kbd>{hint.toUpperCase()}</Kbd>}</span>}
      <span className={styles.name}>
        {option.color != null && <span className={styles.color} aria-hidden="true" />}
        <bdi>{broken(name)}</bdi>
      </span>
      {by !== null && <span className={styles.by}>{by}</span>}
      {probability !== null && <span className={clsx(styles.share, "tabular")}>{percent(probability, digits)}</span>}
      {!acts && hint && showHint && <Kbd>{hint.toUpperCase()}</Kbd>}
      {look === "row" && option.description && <span className={styles.description}>{option.description}</span>}
    </button>
  );
});
