import clsx from "clsx";
import { useMemo, type CSSProperties } from "react";

import styles from "@/domain/confusion.module.css";
import type { ConfusionMatrix, LabelOption } from "@/lib/api/types";
import { count, counted, percent } from "@/lib/format";
import { nameIn } from "@/domain/label-values";

/** Labels shown at most: those with the most records. */
const most = 12;

interface Props {
  matrix: ConfusionMatrix;
  options: readonly LabelOption[];
  /** What stands in the rows, and in the columns: `Gold`, `Model`. */
  rows: string;
  columns: string;
}

/** How often which label was given for which: a table whose cells are the darker the larger their share of the row. */
export function Confusion({ matrix, options, rows, columns }: Props) {
  const { labels, left, cell, sums } = useMemo(() => read(matrix), [matrix]);
  return (
    <figure className={styles.figure}>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={`${rows} against ${columns}`}>
        <table className={clsx(styles.table, "tabular")}>
          <thead>
            <tr>
              <th scope="col" className={styles.corner}>
                {rows} ↓ &nbsp;{columns} →
              </th>
              {labels.map((label) => (
                <th key={label} scope="col" title={nameIn(options, label)}>
                  <span>{nameIn(options, label)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((row) => (
              <tr key={row}>
                <th scope="row" title={nameIn(options, row)}>
                  <span>{nameIn(options, row)}</span>
                </th>
                {labels.map((column) => {
                  const number = cell(row, column);
                  const share = number / Math.max(sums.get(row) ?? 0, 1);
                  return (
                    <td
                      key={column}
                      className={clsx(styles.cell, row === column ? styles.right : styles.wrong, number === 0 && styles.none)}
                      style={{ "--share": `${Math.round(share * 62)}%` } as CSSProperties}
                      title={`${rows} ${nameIn(options, row)}, ${columns} ${nameIn(options, column)}: ${counted(number, "record")}, ${percent(share)} of the row`}
                    >
                      {count(number)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && <figcaption className={styles.note}>The {most} most frequent labels; {left} more are left out.</figcaption>}
    </figure>
  );
}

function read({ labels: all, cells }: ConfusionMatrix) {
  const counts = new Map<string, number>();
  const sums = new Map<string, number>();
  const totals = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, number: number) => to.set(key, (to.get(key) ?? 0) + number);
  for (const [row, column, number] of cells) {
    const [one = "", other = ""] = [all[row], all[column]];
    add(counts, `${row}:${column}`, number);
    add(sums, one, number);
    add(totals, one, number);
    add(totals, other, number);
  }
  const kept = new Set([...all].sort((one, other) => (totals.get(other) ?? 0) - (totals.get(one) ?? 0)).slice(0, most));
  const labels = all.filter((label) => kept.has(label));
  return { labels, left: all.length - labels.length, sums, cell: (row: string, column: string) => counts.get(`${all.indexOf(row)}:${all.indexOf(column)}`) ?? 0 };
}
