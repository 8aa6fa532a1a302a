import { valuesText } from "@/domain/label-values";
import styles from "@/features/records/record-panel.module.css";
import type { OpenedRecord, OpinionView } from "@/lib/api/types";
import { ago, dateTime } from "@/lib/format";

/** What people said of the record, the newest first; earlier answers stay in sight. */
export function OpinionHistory({ opened }: { opened: OpenedRecord }) {
  const { opinions, settled, hidden, tasks } = opened;
  if (hidden && opinions.length === 0) return null;
  return (
    <section className={styles.history} aria-label="History">
      <h3>
        {opinions.length === 0 ? "Nobody has said anything yet" : settled?.state === "settled" ? "People’s answers" : settled?.state === "disputed" ? "People differ" : "Answers so far"}
      </h3>
      <ol>
        {[...opinions].reverse().map((opinion) => (
          <li key={opinion.revision} data-gone={!opinion.stands || undefined}>
            <p>
              <b>{opinion.person}</b> {said(opinion)}
              {opinion.outranks && <span className={styles.mark}>overruled</span>}
              {opinion.act_id && <span className={styles.mark}>{opinion.act_id.endsWith("/undo") ? "bulk undo" : "in bulk"}</span>}
              <time dateTime={opinion.decided_at} title={dateTime(opinion.decided_at)}>
                {ago(opinion.decided_at)}
              </time>
            </p>
            {opinion.values && <p className={styles.values}>{valuesText(tasks, opinion.values)}</p>}
            {opinion.comment && <p className={styles.comment}>“{opinion.comment}”</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

const said = ({ values, kind }: OpinionView): string => (values === null ? "took it back" : kind === "confirmed" ? "confirmed" : "answered");
