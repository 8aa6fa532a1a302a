import { Check, Pencil, Undo2 } from "lucide-react";

import { Button } from "@/ui/button";
import styles from "@/features/review/history-strip.module.css";
import type { Entry } from "@/features/review/review-state";
import { ago } from "@/lib/format";
import type { Values } from "@/domain/label-values";
import { visible } from "@/lib/visible";

interface Props {
  history: readonly Entry[];
  textOf: (values: Values) => string;
  busy: boolean;
  onUndo: (itemId: string) => void;
}

/** The person's own last decisions, each of which can be taken back. */
export function HistoryStrip({ history, textOf, busy, onUndo }: Props) {
  return (
    <section className={styles.strip} aria-labelledby="history-title">
      <h2 className={styles.title} id="history-title">
        Your decisions
      </h2>
      {history.length === 0 ? (
        <p className={styles.empty}>What you decide is listed here, and can be undone.</p>
      ) : (
        <ol className={styles.list}>
          {history.map((entry) => (
            <li key={entry.itemId} className={styles.entry}>
              <div>
                <div className={styles.label}>
                  {entry.confirmed ? (
                    <Check className={styles.confirmed} size={14} aria-label="Confirmed" />
                  ) : (
                    <Pencil className={styles.corrected} size={14} aria-label="Corrected" />
                  )}
                  <span className={styles.values}>{entry.values === null ? "No label" : textOf(entry.values)}</span>
                </div>
                <p className={styles.snippet}>{visible(entry.text ?? `${entry.recordId} · ${ago(entry.decidedAt)}`)}</p>
              </div>
              <Button
                variant="quiet"
                size="small"
                icon
                disabled={busy}
                aria-label={`Undo: ${entry.values === null ? entry.recordId : textOf(entry.values)}, ${entry.recordId}`}
                onClick={() => onUndo(entry.itemId)}
              >
                <Undo2 size={14} />
              </Button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
