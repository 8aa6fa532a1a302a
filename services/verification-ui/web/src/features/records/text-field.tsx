import { useState, type ComponentProps } from "react";

interface Props extends Omit<ComponentProps<"input">, "onChange" | "value"> {
  value: string;
  /** Called by Enter, and when the field is left. */
  onChange: (value: string) => void;
}

/** A text that counts once it is written to its end. */
export function TextField({ value, onChange, ...rest }: Props) {
  const [draft, setDraft] = useState<{ of: string; text: string } | null>(null);
  const text = draft?.of === value ? draft.text : value;
  const done = () => {
    setDraft(null);
    if (text !== value) onChange(text);
  };
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      value={text}
      onChange={(event) => setDraft({ of: value, text: event.currentTarget.value })}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
        else if (event.key === "Escape" && draft !== null) {
          setDraft(null);
          event.stopPropagation();
        }
      }}
    />
  );
}
