import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { SearchX } from "lucide-react";
import { useCallback, useMemo, useState } from "react";

import { ActStatus, SentStatus } from "@/features/records/act-status";
import { BulkBar } from "@/features/records/bulk-bar";
import bar from "@/features/records/bulk-bar.module.css";
import { columnsOf, metadataIn } from "@/features/records/columns";
import { useLayout } from "@/features/records/layout";
import { RecordPanel } from "@/features/records/record-panel";
import { countQuery, recordsQuery } from "@/features/records/records-api";
import styles from "@/features/records/records-page.module.css";
import { RecordsTable } from "@/features/records/records-table";
import type { RecordsView } from "@/features/records/records-view";
import { nothing, type Selection } from "@/features/records/selection";
import { Toolbar } from "@/features/records/toolbar";
import { jobQuery } from "@/lib/api/jobs";
import { labelSchemaQuery } from "@/lib/api/label-schema";
import { Problem } from "@/lib/api/problem";
import type { BulkAct, Campaign, Job } from "@/lib/api/types";
import { counted } from "@/lib/format";
import { useSession } from "@/lib/session";
import { Notice, ProblemNotice } from "@/ui/notice";
import { Skeleton } from "@/ui/skeleton";

interface Props {
  jobId: string;
  view: RecordsView;
  onView: (view: RecordsView) => void;
}

/** Every record of a job: find some, look at one, act on many. */
export function RecordsPage({ jobId, view, onView }: Props) {
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  if (job) return <Records job={job} view={view} onView={onView} />;
  return <div className="page">{error ? <ProblemNotice error={error} onRetry={() => void refetch()} /> : <Skeleton height={400} radius={12} />}</div>;
}

function Records({ job, view, onView }: { job: Job; view: RecordsView; onView: (view: RecordsView) => void }) {
  const { mayReview } = useSession();
  const { where = "", order = "seq", record } = view;
  const { data: schema } = useQuery(labelSchemaQuery(job.label_schema_id));
  const tasks = useMemo(() => schema?.tasks ?? [], [schema]);
  const [layout, onLayout] = useLayout(job.label_schema_id);
  const pages = useInfiniteQuery(recordsQuery(job.id, where, order));
  const { data: matching } = useQuery(countQuery(job.id, where));
  const rows = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data]);
  const metadata = useMemo(() => metadataIn(rows), [rows]);
  const columns = useMemo(() => columnsOf(tasks, metadata), [tasks, metadata]);
  const [chosen, setChosen] = useState<{ where: string; selection: Selection }>({ where, selection: nothing });
  const selection = chosen.where === where ? chosen.selection : nothing; // another filter is another selection
  const select = (next: Selection) => setChosen({ where, selection: next });
  const [act, setAct] = useState<BulkAct | null>(null);
  const [sent, setSent] = useState<Campaign | null>(null);

  const change = (next: Partial<RecordsView>) => onView({ ...view, ...next });
  const { fetchNextPage } = pages;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const step = (by: 1 | -1) => {
    const next = rows[rows.findIndex(({ seq }) => seq === record) + by];
    if (next) change({ record: next.seq });
  };
  const blind = pages.data?.pages[0]?.blind ?? 0;
  const failed = pages.error && Problem.from(pages.error).status !== 422 ? pages.error : null;
  return (
    <div className={clsx(styles.page, record !== undefined && styles.beside)}>
      <h1 className="visually-hidden">Records of {job.name}</h1>
      <div className={styles.tools}>
        <Toolbar job={job} tasks={tasks} where={where} onWhere={(next) => onView({ ...view, where: next })} columns={columns} metadata={metadata} layout={layout} onLayout={onLayout} error={pages.error} />
        {blind > 0 && <p className={styles.note}>{counted(blind, "record")} of the data set {blind === 1 ? "is" : "are"} left out: you are still to read {blind === 1 ? "it" : "them"} without the model’s label.</p>}
      </div>
      <div className={styles.main}>
        {failed ? (
          <ProblemNotice error={failed} onRetry={() => void pages.refetch()} />
        ) : rows.length === 0 && !pages.isPending && !pages.hasNextPage ? (
          <Notice icon={<SearchX size={20} />} title={pages.error ? "That was not understood" : "No record matches"}>{pages.error ? "Change the expression above." : where === "" ? "The job has no records yet." : "Take a filter away."}</Notice>
        ) : (
          <RecordsTable
            key={`${where} ${order}`}
            rows={rows}
            columns={columns}
            layout={layout}
            onLayout={onLayout}
            order={order}
            onOrder={(next) => change({ order: next })}
            selection={selection}
            onSelection={select}
            openSeq={record ?? null}
            onOpen={(seq) => change({ record: seq })}
            more={pages.isPending || pages.hasNextPage}
            loading={pages.isFetching}
            onMore={more}
            selectable={mayReview}
          />
        )}
        <div className={bar.dock}>
          {act && <ActStatus key={act.id} act={act} onClose={() => setAct(null)} />}
          {sent && <SentStatus key={sent.id} campaign={sent} onClose={() => setSent(null)} />}
          {mayReview && (
            <BulkBar
              job={job}
              tasks={tasks}
              where={where}
              selection={selection}
              matching={matching?.count?.text ?? "…"}
              onClear={() => select(nothing)}
              onAct={(begun) => {
                setAct(begun);
                setSent(null);
              }}
              onSent={(campaign) => {
                setSent(campaign);
                setAct(null);
              }}
            />
          )}
        </div>
      </div>
      {record !== undefined && <RecordPanel job={job} seq={record} onClose={() => onView({ where, order })} onStep={step} />}
    </div>
  );
}
