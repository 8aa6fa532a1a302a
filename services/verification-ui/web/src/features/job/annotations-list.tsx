import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";
import type { AnnotationFilter } from "@/features/job/annotation-filter";
import { AnnotationRow } from "@/features/job/annotation-row";
import { annotationsQuery } from "@/features/job/annotations";
import styles from "@/features/job/annotations-list.module.css";
import type { Job } from "@/lib/api/types";
import { count } from "@/lib/format";
import { labelSchemaQuery } from "@/lib/api/label-schema";

interface Props {
  job: Job;
  filter: AnnotationFilter;
  onFilter: (filter: AnnotationFilter) => void;
  onOpen: (seq: number) => void;
}

/** Every record that ended, filtered by how; a row opens the record with the raw answer. */
export function Annotations({ job, filter, onFilter, onOpen }: Props) {
  const pages = useInfiniteQuery(annotationsQuery(job.id, filter));
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  const tasks = schema?.tasks ?? [];
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const { counts } = job;

  const choices: { word: string; filter: AnnotationFilter; number: number }[] = [
    { word: "All", filter: {}, number: counts.labeled + counts.invalid + counts.failed },
    { word: "Labeled", filter: { outcome: "labeled" }, number: counts.labeled },
    { word: "Invalid", filter: { outcome: "invalid" }, number: counts.invalid },
    { word: "Failed", filter: { outcome: "failed" }, number: counts.failed },
    { word: "Needs review", filter: { review: true }, number: counts.needs_review },
  ];

  return (
    <section aria-labelledby="annotations-title">
      <div className={styles.head}>
        <h2 className={styles.title} id="annotations-title">
          Annotations
        </h2>
        <div className={styles.filters} role="group" aria-label="Show">
          {choices.map((choice) => (
            <button
              key={choice.word}
              type="button"
              className={styles.filter}
              aria-pressed={choice.filter.outcome === filter.outcome && choice.filter.review === filter.review}
              onClick={() => onFilter(choice.filter)}
            >
              {choice.word} <small className="tabular">{count(choice.number)}</small>
            </button>
          ))}
        </div>
      </div>

      {pages.error && <ProblemLine error={pages.error} onRetry={() => void pages.refetch()} />}
      {(rows.length > 0 || pages.isPending) && (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Record</th>
                <th scope="col">{tasks.length > 1 ? "Labels" : "Label"}</th>
                <th scope="col">{tasks.length > 1 ? "Least confidence" : "Confidence"}</th>
                <th scope="col">Status</th>
              </tr>
            </thead>
            <tbody>
              {pages.isPending
                ? [0, 1, 2, 3, 4, 5].map((row) => (
                    <tr key={row}>
                      <td colSpan={4}>
                        <Skeleton width={`${70 - row * 6}%`} />
                      </td>
                    </tr>
                  ))
                : rows.map((annotation) => (
                    <AnnotationRow key={annotation.seq} annotation={annotation} tasks={tasks} onOpen={() => onOpen(annotation.seq)} />
                  ))}
            </tbody>
          </table>
        </div>
      )}
      {!pages.isPending && !pages.error && rows.length === 0 && (
        <div className={styles.scroll}>
          <p className={styles.empty}>{counts.not_run === job.size ? "No record has ended yet." : "No record ended this way."}</p>
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
