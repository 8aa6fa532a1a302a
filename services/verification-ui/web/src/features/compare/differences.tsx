import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import { Segments } from "@/ui/segments";
import { Skeleton } from "@/ui/skeleton";
import { ValueView } from "@/domain/value-view";
import styles from "@/features/compare/compare-page.module.css";
import { differencesQuery } from "@/features/compare/comparison";
import { letter } from "@/features/compare/job-picker";
import { SendToReview } from "@/features/compare/send-to-review";
import type { ComparedTask, Difference, LabelTask } from "@/lib/api/types";
import { percent } from "@/lib/format";
import { visible } from "@/lib/visible";

const orders = [
  { value: "usefulness", name: "Confident contradictions first" },
  { value: "seq", name: "As they were imported" },
] as const;

interface Props {
  jobs: readonly string[];
  compared: ComparedTask;
  names: ReadonlyMap<string, string>;
  task: LabelTask | undefined;
}

/** The records where agents differ, with what each of them said; a record opens in the first job. */
export function Differences({ jobs, compared, names, task }: Props) {
  const [order, setOrder] = useState<"usefulness" | "seq">("usefulness");
  const pages = useInfiniteQuery(differencesQuery(jobs, compared.task, order));
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const hasRight = rows.some(({ gold, verified }) => gold != null || verified != null);
  return (
    <section aria-labelledby="differences-title">
      <div className={styles.listHead}>
        <h2 id="differences-title">Where they differ</h2>
        <Segments label="Order" choices={orders} value={order} onChange={setOrder} />
      </div>
      <SendToReview jobs={jobs} compared={compared} names={names} />
      {pages.error && <ProblemLine error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isPending ? (
        <Skeleton height={160} radius={12} />
      ) : rows.length === 0 ? (
        !pages.error && <p className={styles.empty}>{compared.differing === 0 ? "The agents said the same of every record." : "Nothing on this page; there may be more."}</p>
      ) : (
        <div className={styles.rows}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Record</th>
                {jobs.map((job, index) => (
                  <th key={job} scope="col" title={names.get(job)}>
                    <span className={styles.letter}>{letter(index)}</span>
                  </th>
                ))}
                {hasRight && <th scope="col">Right</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.seq} row={row} jobs={jobs} task={task} hasRight={hasRight} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pages.hasNextPage && (
        <div className={styles.foot}>
          <Button onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
            {pages.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        </div>
      )}
    </section>
  );
}

function Row({ row, jobs, task, hasRight }: { row: Difference; jobs: readonly string[]; task: LabelTask | undefined; hasRight: boolean }) {
  const right = row.verified ?? row.gold;
  return (
    <tr>
      <td className={styles.record}>
        <Link to="/jobs/$jobId" params={{ jobId: jobs[0] ?? "" }} search={{ record: row.seq }}>
          {visible(row.excerpt ?? row.record_id)}
        </Link>
        <small>{row.record_id}</small>
      </td>
      {jobs.map((job) => {
        const said = row.said.find(({ job_id }) => job_id === job);
        return (
          <td key={job}>
            {said?.value == null ? <span className={styles.muted}>{said?.outcome ?? "not run"}</span> : <ValueView task={task} value={said.value} most={2} />}
            {said?.confidence != null && <small className="tabular">{percent(said.confidence)}</small>}
          </td>
        );
      })}
      {hasRight && (
        <td>
          {right == null ? <span className={styles.muted}>—</span> : <ValueView task={task} value={right} most={2} />}
          {right != null && <small>{row.verified == null ? "gold" : "a person"}</small>}
        </td>
      )}
    </tr>
  );
}
