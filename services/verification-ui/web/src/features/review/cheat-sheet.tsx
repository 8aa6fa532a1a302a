import { Fragment } from "react";

import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import styles from "@/features/review/cheat-sheet.module.css";
import type { LabelTask } from "@/lib/api/types";

/** All keys of the review page that the tasks at hand use. */
export function CheatSheet({ open, onClose, tasks }: { open: boolean; onClose: () => void; tasks: readonly LabelTask[] }) {
  const has = (kind: LabelTask["kind"]) => tasks.some((task) => task.kind === kind);
  const atOnce = tasks.length === 1 && has("single_choice");
  const spans: [string[], string][] = [
    [["←", "→"], "Go through the text by word"],
    [["Shift", "←", "→"], "Mark more words, or fewer"],
    [["1", "…", "9"], "Label what is marked; else everything marked from now on"],
    [[",", "."], "Pick the span before, the next"],
    [["Del"], "Remove the picked span"],
    [["Esc"], "Let go of what is picked, marked or armed"],
  ];
  const rows: [string[], string][] = [
    [["Enter"], atOnce ? "Confirm the model’s label" : "Decide on all that is shown"],
    ...(tasks.length > 1 ? ([[["↑", "↓", "Tab"], "Go to another question"]] satisfies [string[], string][]) : []),
    ...(has("single_choice") || has("multiple_choice") ? ([[["1", "…", "9"], "Pick a label, by the key beside it"]] satisfies [string[], string][]) : []),
    ...(has("span") ? spans : []),
    ...(has("text") ? ([[["Shift", "Enter"], "Begin a line in a text"]] satisfies [string[], string][]) : []),
    ...(has("text") || has("number") ? ([[["Esc"], "Leave a field, so that keys act again"]] satisfies [string[], string][]) : []),
    [atOnce ? ["S", "→"] : ["S"], "Skip; the record comes back at the end"],
    [["U", "Ctrl Z"], "Undo the last decision"],
    [["?"], "Show these keys"],
  ];
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className={styles.rows}>
        {rows.map(([keys, meaning]) => (
          <Fragment key={meaning}>
            <dt>
              <span className="visually-hidden">{keys.join(" ")}</span>
              {keys.map((key) => (key === "…" ? <span key={key}>–</span> : <Kbd key={key}>{key}</Kbd>))}
            </dt>
            <dd>{meaning}</dd>
          </Fragment>
        ))}
      </dl>
      <p className={styles.note}>Keys act on the record that is shown when you press them. While you type in a field, they are off. Where a label has the key S or U, skip and undo go with Shift.</p>
    </Dialog>
  );
}
