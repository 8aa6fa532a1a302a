import { Check, CloudOff, Pencil } from "lucide-react";

import type { Values } from "@/domain/label-values";
import type { OutboxState } from "@/domain/outbox/outbox";
import type { Entry } from "@/features/review/review-state";
import styles from "@/features/review/workbench.module.css";
import { ago } from "@/lib/format";
import { visible } from "@/lib/visible";

const most = 20;

interface Props {
  history: readonly Entry[];
  outbox: OutboxState;
  textOf: (values: Values) => string;
  busy: boolean;
  onUndo: (itemId: string) => void;
}

/** The person's last decisions in one line; a press takes one back. */
export function HistoryChips({ history, outbox, textOf, busy, onUndo }: Props) {
  const unsent = new Set(outbox.waiting.map(({ shown }) => shown.item_id));
  return (
    <section className={styles.history} aria-labelledby="history-title">
      <h2 id="history-title" className={styles.historyTitle}>
        Your decisions
      </h2>
      {history.length === 0 ? (
        <p className={styles.historyEmpty}>What you decide stands here; a press takes it back.</p>
      ) : (
        <ol className={styles.chips}>
          {history.slice(0, most).map((entry) => {
            const label = entry.values === null ? "No label" : textOf(entry.values);
            const kept = unsent.has(entry.itemId);
            const what = `${entry.confirmed ? "Confirmed" : "Corrected"}: ${label}, ${entry.recordId}, ${ago(entry.decidedAt)}`;
            return (
              <li key={entry.itemId}>
                <button
                  type="button"
                  className={styles.chip}
                  disabled={busy}
                  aria-label={`Undo: ${label}, ${entry.recordId}`}
                  title={`${what}${kept ? ", not sent yet" : ""}\n${visible(entry.text ?? "")}\nPress to take it back`}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => onUndo(entry.itemId)}
                >
                  {kept ? (
                    <CloudOff className={styles.unsent} size={13} aria-label="Not sent yet" />
                  ) : entry.confirmed ? (
                    <Check className={styles.confirmed} size={13} aria-hidden="true" />
                  ) : (
                    <Pencil className={styles.corrected} size={12} aria-hidden="true" />
                  )}
                  <bdi>{visible(label)}</bdi>
                </button>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
