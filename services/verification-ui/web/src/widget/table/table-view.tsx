import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type KeyboardEvent, type SyntheticEvent } from "react";

import { counted } from "@/lib/format";
import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";
import type { Command } from "@/widget/channel";
import { BulkBar } from "@/widget/table/bulk-bar";
import { TableRow } from "@/widget/table/table-row";
import { conditionOf, states, type Described, type FoundPage, type Order, type State } from "@/widget/table/rows";
import styles from "@/widget/table/table.module.css";

const arrows: Record<Order, string> = { seq: "", confidence: " ↑", "-confidence": " ↓" };

/** Records of a job in a notebook's cell: sorted by confidence, filtered, selected, confirmed in bulk. */
export function TableView({ command }: { command: Command }) {
  const [order, setOrder] = useState<Order>("confidence");
  const [state, setState] = useState<State>("all");
  const [typed, setTyped] = useState("");
  const [where, setWhere] = useState("");
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const condition = conditionOf(state, where);

  const described = useQuery({ queryKey: ["describe"], queryFn: () => command<Described>("describe"), retry: false });
  const pages = useInfiniteQuery({
    queryKey: ["rows", condition, order],
    queryFn: ({ pageParam }) => command<FoundPage>("rows", { where: condition, order, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const rows = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const first = pages.data?.pages[0];
  const tasks = described.data?.tasks ?? [];

  useEffect(() => {
    void command("select", { record_ids: [...selected] }).catch(() => undefined); // the next act says what is wrong
  }, [command, selected]);

  const choose = (ids: readonly string[], on: boolean) =>
    setSelected((before) => {
      const after = new Set(before);
      for (const id of ids) {
        if (on) after.add(id);
        else after.delete(id);
      }
      return after;
    });
  const filter = (event: SyntheticEvent) => {
    event.preventDefault();
    setWhere(typed);
  };
  const shown = rows.map(({ record_id }) => record_id);
  const areAll = shown.length > 0 && shown.every((id) => selected.has(id));

  return (
    <section className={styles.view} aria-busy={pages.isFetching} aria-label={`Records of ${described.data?.name ?? "the job"}`}>
      <form className={styles.bar} onSubmit={filter}>
        <select className={styles.field} aria-label="Show" value={state} onChange={(event) => setState(event.target.value as State)}>
          {Object.entries(states).map(([name, { word }]) => (
            <option key={name} value={name}>
              {word}
            </option>
          ))}
        </select>
        <input
          className={styles.condition}
          aria-label="Condition"
          placeholder={'e.g. text contains "refund" and confidence < 0.8'}
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">Filter</Button>
        <span className={styles.count} role="status">
          {first?.count ? counted(first.count.records, "record") + (first.count.exact ? "" : " or more") : ""}
        </span>
      </form>
      {(pages.error ?? described.error) && <ProblemLine error={pages.error ?? described.error} onRetry={() => void pages.refetch()} />}
      {first !== undefined && first.blind > 0 && (
        <p className={styles.note}>{counted(first.blind, "record is", "records are")} left out: you are to read them without their labels.</p>
      )}
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col" className={styles.check}>
                <input type="checkbox" aria-label="Select all shown" checked={areAll} onChange={(event) => choose(shown, event.target.checked)} />
              </th>
              <th scope="col">Record</th>
              <th scope="col">{tasks.length > 1 ? "Labels" : "Label"}</th>
              <th scope="col" aria-sort={order === "seq" ? "none" : order === "confidence" ? "ascending" : "descending"}>
                <button
                  type="button"
                  className={styles.sort}
                  title={order === "confidence" ? "Sort by most sure first" : "Sort by least sure first"}
                  onClick={() => setOrder(order === "confidence" ? "-confidence" : "confidence")}
                >
                  Confidence{arrows[order]}
                </button>
              </th>
              <th scope="col">Status</th>
            </tr>
          </thead>
          <tbody onKeyDown={moveToNextRow}>
            {rows.map((record) => (
              <TableRow
                key={record.seq}
                record={record}
                tasks={tasks}
                selected={selected.has(record.record_id)}
                onSelect={(on) => choose([record.record_id], on)}
              />
            ))}
          </tbody>
        </table>
        {!pages.isPending && rows.length === 0 && !pages.error && <p className={styles.note}>No record matches.</p>}
        {pages.hasNextPage && (
          <Button className={styles.more} disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {pages.isFetchingNextPage ? "Loading…" : "Show more"}
          </Button>
        )}
      </div>
      <BulkBar
        command={command}
        ids={[...selected]}
        atOnce={described.data?.at_once ?? 1}
        tasks={tasks}
        onDone={() => {
          setSelected(new Set());
          void pages.refetch();
        }}
      />
    </section>
  );
}

/** Moves the focus from one row's box to the next with the arrow keys. */
function moveToNextRow(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as HTMLElement).closest("tr");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  next?.querySelector<HTMLInputElement>("input")?.focus();
  event.preventDefault();
}
