import { useState } from "react";

import type { LabelTask } from "@/lib/api/types";
import { count, counted, words } from "@/lib/format";
import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import type { Command } from "@/widget/channel";
import { parts, type Done } from "@/widget/table/rows";
import styles from "@/widget/table/table.module.css";

interface Props {
  command: Command;
  ids: readonly string[];
  /** Records of one message. */
  atOnce: number;
  tasks: readonly LabelTask[];
  onDone: () => void;
}

/** What can be done with the selected records, and what the last act came to. */
export function BulkBar({ command, ids, atOnce, tasks, onDone }: Props) {
  const [progress, setProgress] = useState<number | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [error, setError] = useState<unknown>(null);
  const choices = tasks.filter((task) => task.kind === "single_choice");
  const isBusy = progress !== null;

  const act = async (name: string, fields: Record<string, unknown>) => {
    setError(null);
    const total: Done = { confirmed: [], refused: {} };
    try {
      for (const record_ids of parts(ids, atOnce)) {
        setProgress(total.confirmed.length + Object.keys(total.refused).length);
        const part = await command<Done>(name, { record_ids, ...fields });
        total.confirmed.push(...part.confirmed);
        Object.assign(total.refused, part.refused);
      }
    } catch (failure) {
      setError(failure);
    }
    setProgress(null);
    setDone(total);
    onDone();
  };

  return (
    <div className={styles.bulk}>
      {error !== null && <ProblemLine error={error} />}
      <div className={styles.bar}>
        <Button variant="primary" disabled={ids.length === 0 || isBusy} onClick={() => void act("confirm", {})}>
          {isBusy ? `${count(progress)} of ${count(ids.length)}…` : `Confirm ${counted(ids.length, "record")}`}
        </Button>
        {choices.map((task) => (
          <select
            key={task.name}
            className={styles.field}
            aria-label={`Set ${task.name}`}
            value=""
            disabled={ids.length === 0 || isBusy}
            onChange={(event) => void act("decide", { task: task.name, value: event.target.value })}
          >
            <option value="">Set {words(task.name).toLowerCase()} to…</option>
            {task.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.name || option.value}
              </option>
            ))}
          </select>
        ))}
        <span className={styles.count} role="status">
          {done && told(done)}
        </span>
      </div>
      {done && Object.keys(done.refused).length > 0 && (
        <ul className={styles.refused}>
          {Object.entries(done.refused).map(([id, reason]) => (
            <li key={id}>
              <strong>{id}</strong> {reason}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function told({ confirmed, refused }: Done): string {
  const left = Object.keys(refused).length;
  return `${counted(confirmed.length, "decision")} kept${left ? `, ${count(left)} refused` : ""}.`;
}
