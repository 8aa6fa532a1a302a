import { Fragment } from "react";

import { Dialog } from "@/components/dialog";
import { Kbd } from "@/components/kbd";
import styles from "@/features/review/cheat-sheet.module.css";

/** All keys of the review page. */
export function CheatSheet({ open, onClose, options }: { open: boolean; onClose: () => void; options: number }) {
  const last = Math.min(9, options);
  const rows: [string[], string][] = [
    [["Enter"], "Confirm the model’s label"],
    [last > 1 ? ["1", "…", String(last)] : ["1", "…", "9"], "Pick a label"],
    [["S", "→"], "Skip; the record comes back at the end"],
    [["U", "Ctrl Z"], "Undo the last decision"],
    [["?"], "Show these keys"],
    [["Esc"], "Close what is open"],
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
      <p className={styles.note}>Keys act on the record that is shown when you press them. While you type in a field, they are off.</p>
    </Dialog>
  );
}
