import styles from "@/features/job/job-page.module.css";
import type { Evaluation, LabelOption } from "@/lib/api/types";
import { count, percent } from "@/lib/format";
import { nameIn } from "@/domain/label-values";

/** Precision and recall of each label. */
export function LabelTable({ labels, options }: { labels: Evaluation["labels"]; options: readonly LabelOption[] }) {
  return (
    <div className={styles.scroll}>
      <table className={`${styles.table ?? ""} tabular`}>
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Precision</th>
            <th scope="col">Recall</th>
            <th scope="col">F1</th>
            <th scope="col">Right</th>
            <th scope="col">Given</th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label.label}>
              <th scope="row">{nameIn(options, label.label)}</th>
              <td>{percent(label.precision)}</td>
              <td>{percent(label.recall)}</td>
              <td>{label.f1.toFixed(2)}</td>
              <td>{count(label.wanted)}</td>
              <td>{count(label.given)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
