import clsx from "clsx";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import styles from "@/domain/tasks/choice/option-button.module.css";
import { OptionButton, type OptionRole } from "@/domain/tasks/choice/option-button";
import { many, optionKeys, optionOfKey, placeKeys } from "@/domain/tasks/choice/option-keys";
import { likeliest, mostLikely, search } from "@/domain/tasks/choice/rank";
import { useDesk, useTaskKeys } from "@/domain/tasks/task-keys";
import type { LabelOption, Suggestion } from "@/lib/api/types";
import { percent } from "@/lib/format";
import { isComposing, keyOf } from "@/lib/key-map";

interface Props {
  options: readonly LabelOption[];
  role: OptionRole;
  chosen: readonly string[];
  suggestion: Suggestion | undefined;
  /** What the person chose before, and took back. */
  yours?: readonly string[];
  /** Keys go to this list. */
  active: boolean;
  /** Stands among other tasks, so that it takes little room. */
  dense: boolean;
  onPick: (value: string) => void;
}

const nothing: readonly string[] = [];

/**
 * Labels to choose from, each with its key; many of them as a list to search, with the likeliest on top. Keys: each
 * label's own, arrows and Space, or letters to search.
 */
export function OptionList({ options, role, chosen, suggestion, yours = nothing, active, dense, onPick }: Props) {
  const { reserved } = useDesk();
  const [typed, setTyped] = useState("");
  const [pointed, setPointed] = useState<number | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [shownFor, setShownFor] = useState(suggestion);
  if (shownFor !== suggestion) {
    // Another item: what was typed or pointed at was meant for the one before.
    setShownFor(suggestion);
    setTyped("");
    setPointed(null);
  }
  const keys = useMemo(() => optionKeys(options, reserved), [options, reserved]);
  const long = options.length >= many;
  const places = useMemo(() => (long ? placeKeys(options, keys) : nothing), [long, options, keys]);
  const top = useMemo(() => (long ? likeliest(options, suggestion) : []), [long, options, suggestion]);
  const shown = typed.trim() ? search(options, typed) : options;
  const searching = long && typed.trim() !== "";
  const at = searching ? Math.min(pointed ?? 0, shown.length - 1) : pointed;

  useEffect(() => scrollToPointed(list.current), [at]);
  // The buttons stay as they are while items come and go: only what differs is drawn again.
  const latest = useRef(onPick);
  useEffect(() => {
    latest.current = onPick;
  });
  const pick = useCallback((value: string) => latest.current(value), []);

  const choose = (option: LabelOption) => {
    setTyped("");
    setPointed(null);
    onPick(option.value);
  };
  useTaskKeys(active, (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ...(dense ? {} : { ArrowDown: 1, ArrowUp: -1 }) }[event.key];
    if (steps !== undefined) {
      if (role === "act" && event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
      const from = pointed ?? (steps > 0 ? -1 : shown.length);
      setPointed((from + steps + shown.length) % Math.max(shown.length, 1));
      return true;
    }
    if (event.repeat) return false;
    const pointedAt = at === null ? undefined : shown[at];
    if ((event.key === " " || (event.key === "Enter" && role === "act")) && pointedAt) {
      choose(pointedAt);
      return true;
    }
    const option = optionOfKey(options, event, keys) ?? top[places.indexOf(keyOf(event))];
    if (option) choose(option);
    else if (long && /^\p{L}$/u.test(event.key) && !event.shiftKey && !reserved.has(keyOf(event))) {
      setTyped(event.key);
      field.current?.focus();
      return true;
    }
    return option !== undefined || (event.key === " " && role !== "act");
  });

  const said = suggestion?.value;
  const suggested = Array.isArray(said) ? said.filter((value) => typeof value === "string") : said === undefined ? [] : [said];
  const confirmed = role === "act" ? (yours[0] ?? suggested[0]) : undefined;
  const probabilities = suggestion?.probabilities;
  const digits = role === "act" && nearTie(Object.values(probabilities ?? {})) ? 1 : 0;
  const button = (option: LabelOption, look: "row" | "line" | "chip", index: number | null, hint = keys.get(option.value)) => (
    <OptionButton
      key={option.value}
      option={option}
      role={role}
      look={look}
      hint={hint}
      showHint={active}
      by={yours.includes(option.value) ? "yours" : suggested.includes(option.value) ? "model" : null}
      confirmed={confirmed === option.value}
      probability={probabilities?.[option.value] ?? null}
      digits={digits}
      checked={chosen.includes(option.value)}
      pointed={active && index !== null && at === index}
      onPick={pick}
    />
  );
  const meaning = { role: role === "radio" ? "radiogroup" : "group", "aria-label": "Labels" };

  if (!long) {
    return (
      <div className={dense ? styles.chips : styles.options} {...meaning}>
        {options.map((option, index) => button(option, dense ? "chip" : "row", index))}
      </div>
    );
  }
  return (
    <div className={clsx(styles.long, dense && styles.dense)}>
      <input
        ref={field}
        data-search
        className={styles.filter}
        type="search"
        placeholder={`Search ${options.length} labels`}
        aria-label="Search the labels"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setPointed(null);
        }}
        onKeyDown={(event) => {
          if (isComposing(event.nativeEvent)) return;
          const back = () => {
            event.currentTarget.blur();
            event.currentTarget.closest<HTMLElement>("[data-task]")?.focus();
          };
          if (event.key === "Escape") {
            setTyped("");
            back();
          } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            const step = event.key === "ArrowDown" ? 1 : -1;
            setPointed(((at ?? 0) + step + shown.length) % Math.max(shown.length, 1));
          } else if (event.key === "Enter" && !event.repeat) {
            const found = at === null ? undefined : shown[at];
            if (!searching || !found) return;
            choose(found);
            back();
          } else return;
          event.preventDefault();
        }}
      />
      {!searching && (
        <div className={styles.likely} role="group" aria-label="The likeliest">
          {Array.from({ length: mostLikely }, (_, place) => {
            const option = top[place];
            return option ? button(option, "line", null, keys.get(option.value) ?? places[place]) : <span key={place} />;
          })}
        </div>
      )}
      <div className={styles.all} {...meaning} tabIndex={-1} ref={list}>
        {shown.map((option, index) => button(option, "line", index))}
        {shown.length === 0 && (
          <p className={styles.nothing}>
            No label matches “<bdi>{typed}</bdi>”.
          </p>
        )}
      </div>
    </div>
  );
}

/** Keeps the row in sight on which the arrow keys stand. */
function scrollToPointed(list: HTMLElement | null): void {
  const row = list?.querySelector<HTMLElement>(`.${styles.pointed ?? "pointed"}`);
  if (!list || !row) return;
  if (row.offsetTop < list.scrollTop + list.offsetTop) list.scrollTop = row.offsetTop - list.offsetTop;
  else if (row.offsetTop + row.offsetHeight > list.scrollTop + list.offsetTop + list.clientHeight) list.scrollTop = row.offsetTop + row.offsetHeight - list.offsetTop - list.clientHeight;
}

/** Whether the two likeliest labels look alike in whole percent. */
function nearTie(probabilities: number[]): boolean {
  const [first = 1, second = 0] = [...probabilities].sort((one, other) => other - one);
  return percent(first) === percent(second);
}
