import styles from "@/ui/segments.module.css";

interface Props<Value extends string> {
  /** What is chosen between, for screen readers. */
  label: string;
  choices: readonly { value: Value; name: string }[];
  value: Value;
  onChange: (value: Value) => void;
}

/** A choice between a few views of the same thing. */
export function Segments<Value extends string>({ label, choices, value, onChange }: Props<Value>) {
  return (
    <div className={styles.segments} role="group" aria-label={label}>
      {choices.map((choice) => (
        <button key={choice.value} type="button" className={styles.segment} aria-pressed={choice.value === value} onClick={() => onChange(choice.value)}>
          {choice.name}
        </button>
      ))}
    </div>
  );
}
