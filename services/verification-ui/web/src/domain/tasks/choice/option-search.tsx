import { useState, type ReactNode } from "react";

import styles from "@/domain/tasks/choice/option-button.module.css";
import type { LabelOption } from "@/lib/api/types";

/** From this many labels on, they stand in columns and can be searched. */
const many = 10;

/** A search field where there are many labels, what it leaves, and whether there are many. Enter picks the first. */
export function useOptionSearch(options: readonly LabelOption[], onPick: (value: string) => void): [ReactNode, readonly LabelOption[], boolean] {
  const [search, setSearch] = useState("");
  const crowded = options.length >= many;
  const wanted = search.trim().toLowerCase();
  const shown = wanted ? options.filter((option) => `${option.value} ${option.name}`.toLowerCase().includes(wanted)) : options;
  const field = crowded && (
    <>
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
          if (!wanted || !first) return;
          onPick(first.value);
          setSearch("");
          event.currentTarget.closest<HTMLElement>("[data-task]")?.focus();
        }}
      />
      {shown.length === 0 && <p>No label matches “{search}”.</p>}
    </>
  );
  return [field, shown, crowded];
}
