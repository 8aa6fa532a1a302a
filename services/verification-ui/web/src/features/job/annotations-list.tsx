import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Badge } from "@/components/badge";
import { Bar } from "@/components/bar";
import { Button } from "@/components/button";
import { ProblemLine } from "@/components/notice";
import { Skeleton } from "@/components/skeleton";
import type { AnnotationFilter } from "@/features/job/annotation-filter";
import { AnnotationSheet } from "@/features/job/annotation-sheet";
import { annotationsQuery } from "@/features/job/annotations";
import styles from "@/features/job/annotations-list.module.css";
import type { Annotation, Job } from "@/lib/api/types";
import { count, percent, words } from "@/lib/format";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import { sameValue, valueText } from "@/lib/label-values";

interface Props {
  job: Job;
  filter: AnnotationFilter;
  onFilter: (filter: AnnotationFilter) => void;
}

/** Every record that ended, filtered by how; a row opens the record with the raw answer. */
export function Annotations({ job, filter, onFilter }: Props) {
  const [opened, setOpened] = useState<number | null>(null);
  const pages = useInfiniteQuery(annotationsQuery(job.id, filter));
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  const names = new Map(schema?.tasks.flatMap((task) => task.options.map((option) => [option.value, option.name] as const)));
  const nameOf = (value: string) => names.get(value) || value;
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
                <th scope="col">Label</th>
                <th scope="col">Confidence</th>
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
                    <Row key={annotation.seq} annotation={annotation} nameOf={nameOf} onOpen={() => setOpened(annotation.seq)} />
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
      <AnnotationSheet jobId={job.id} seq={opened} nameOf={nameOf} onClose={() => setOpened(null)} />
    </section>
  );
}

function Row({ annotation, nameOf, onOpen }: { annotation: Annotation; nameOf: (value: string) => string; onOpen: () => void }) {
  const label = annotation.labels[0];
  const final = label && annotation.verification?.values[label.task];
  const corrected = label && final !== undefined && !sameValue(final, label.value);
  return (
    <tr className={styles.row} onClick={onOpen}>
      <td>
        <button
          type="button"
          className={styles.open}
          onClick={(event) => {
            event.stopPropagation();
            onOpen();
          }}
        >
          {annotation.excerpt || annotation.record_id}
        </button>
        {annotation.excerpt && <span className={styles.id}>{annotation.record_id}</span>}
      </td>
      <td>
        {label ? (
          <>
            <span className={styles.label}>{valueText(corrected ? final : label.value, nameOf)}</span>
            {corrected && <span className={styles.was}>{valueText(label.value, nameOf)}</span>}
          </>
        ) : (
          <span className={styles.label}>{verifiedValue(annotation, nameOf) ?? <span className={styles.muted}>none</span>}</span>
        )}
      </td>
      <td>
        {label?.confidence != null ? (
          <span className={`${styles.confidence ?? ""} tabular`}>
            {percent(label.confidence)}
            <Bar height={4} parts={[{ share: label.confidence, tone: "accent" }]} />
          </span>
        ) : (
          <span className={styles.muted}>none</span>
        )}
      </td>
      <td>
        <Status annotation={annotation} />
      </td>
    </tr>
  );
}

function verifiedValue(annotation: Annotation, nameOf: (value: string) => string): string | null {
  const [value] = Object.values(annotation.verification?.values ?? {});
  return value === undefined ? null : valueText(value, nameOf);
}

export function Status({ annotation }: { annotation: Annotation }) {
  if (annotation.verification?.values) {
    return <Badge tone="good">{annotation.verification.confirmed ? "Confirmed" : "Corrected"}</Badge>;
  }
  if (annotation.outcome === "failed") return <Badge tone="bad">{annotation.reason ? `Failed: ${words(annotation.reason).toLowerCase()}` : "Failed"}</Badge>;
  if (annotation.outcome === "invalid") return <Badge tone="warn">{annotation.reason ? `Invalid: ${words(annotation.reason).toLowerCase()}` : "Invalid"}</Badge>;
  if (annotation.needs_review) return <Badge tone="accent">Needs review</Badge>;
  return <Badge>Labeled</Badge>;
}
