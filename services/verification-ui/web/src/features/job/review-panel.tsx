import { Panel } from "@/ui/panel";
import { Bars } from "@/features/job/bars";
import styles from "@/features/job/job-page.module.css";
import type { JobReport } from "@/lib/api/types";
import { counted, words } from "@/lib/format";

/** Why records go to people, by task and reason. */
export function ReviewPanel({ report }: { report: JobReport }) {
  const several = report.tasks.length > 1;
  const rows = report.review.map(({ task, reason, records }) => ({
    key: `${task ?? ""} ${reason}`,
    name: task && several ? `${words(task)}: ${words(reason).toLowerCase()}` : words(reason),
    number: records,
  }));
  return (
    <Panel title="For review" note={counted(report.counts.needs_review, "record")}>
      {rows.length === 0 ? <p className={styles.quiet}>No record asks for a person so far.</p> : <Bars rows={rows} tone="accent" />}
      {several && rows.length > 1 && <p className={styles.under}>A record may be in several: each of its tasks is judged by itself.</p>}
    </Panel>
  );
}
