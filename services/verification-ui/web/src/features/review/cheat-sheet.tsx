import { Fragment, useState } from "react";

import styles from "@/features/review/cheat-sheet.module.css";
import { commands, defaultKeys, keyPreference, printed, withKey, type Command } from "@/features/review/commands";
import type { LabelTask } from "@/lib/api/types";
import { isComposing, keyOf } from "@/lib/key-map";
import { usePreference } from "@/lib/preference";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";

interface Props {
  open: boolean;
  onClose: () => void;
  tasks: readonly LabelTask[];
  /** Keys that labels of the schema have for their own. */
  taken: ReadonlySet<string>;
}

/** All keys of the review page that the tasks at hand use; those of commands can be changed. */
export function CheatSheet({ open, onClose, tasks, taken }: Props) {
  const keys = usePreference(keyPreference);
  const [changing, setChanging] = useState<Command | null>(null);
  const rows = fixedRows(tasks);
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className={styles.rows}>
        {rows.map(([names, meaning]) => (
          <Fragment key={meaning}>
            <dt>
              <span className="visually-hidden">{names.join(" ")}</span>
              {names.map((key) => (key === "…" ? <span key={key}>–</span> : <Kbd key={key}>{key}</Kbd>))}
            </dt>
            <dd>{meaning}</dd>
          </Fragment>
        ))}
        {(Object.keys(commands) as Command[]).map((command) => (
          <Fragment key={command}>
            <dt>
              <button
                type="button"
                className={styles.change}
                aria-label={changing === command ? `Press the key for: ${commands[command]}` : `Change the key for: ${commands[command]}. It is ${printed(keys[command], taken)}`}
                onClick={() => setChanging(changing === command ? null : command)}
                onBlur={() => setChanging(null)}
                onKeyDown={(event) => {
                  if (changing !== command || event.key === "Tab" || isComposing(event.nativeEvent)) return;
                  event.preventDefault();
                  event.stopPropagation();
                  if (event.key === "Shift") return;
                  if (event.key !== "Escape") keyPreference.set(withKey(keys, command, keyOf(event.nativeEvent)));
                  setChanging(null);
                }}
              >
                {changing === command ? "Press a key" : <Kbd>{printed(keys[command], taken)}</Kbd>}
              </button>
            </dt>
            <dd>{commands[command]}</dd>
          </Fragment>
        ))}
      </dl>
      <p className={styles.note}>
        Press one of the keys in a frame to change it. Keys act on the record that is shown when you press them; while you type in a field they are off. Where a label has the same key, the command goes with Shift. On keyboards of other scripts the
        place of a key counts.
      </p>
      <Button size="small" disabled={keys === defaultKeys} onClick={() => keyPreference.set(defaultKeys)}>
        Usual keys
      </Button>
    </Dialog>
  );
}

function fixedRows(tasks: readonly LabelTask[]): [string[], string][] {
  const has = (kind: LabelTask["kind"]) => tasks.some((task) => task.kind === kind);
  const atOnce = tasks.length === 1 && has("single_choice");
  const spans: [string[], string][] = [
    [["←", "→"], "Go through the text by word"],
    [["Shift", "←", "→"], "Mark more words, or fewer"],
    [["1", "…", "9"], "Label what is marked; else everything marked from now on"],
    [[",", "."], "Pick the span before, the next"],
    [["Del"], "Remove the picked span"],
  ];
  return [
    [["Enter"], atOnce ? "Confirm the label that is offered" : "Decide on all that is shown"],
    ...(tasks.length > 1 ? ([[["↑", "↓", "Tab"], "Go to another question"]] satisfies [string[], string][]) : []),
    ...(has("single_choice") || has("multiple_choice") ? ([[["1", "…", "9"], "Pick a label, by the key beside it; letters follow the digits"]] satisfies [string[], string][]) : []),
    ...(has("span") ? spans : []),
    ...(has("text") ? ([[["Shift", "Enter"], "Begin a line in a text"]] satisfies [string[], string][]) : []),
    [["Space", "PgDn"], "Scroll the record"],
    [["Esc"], "Leave a field, let go of what is marked, end looking ahead"],
    [["Ctrl", "Z"], "Undo the last decision"],
  ];
}
