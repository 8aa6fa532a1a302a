import { Figures } from "@/ui/figures";
import { Panel } from "@/ui/panel";
import styles from "@/features/compare/compare-page.module.css";
import type { ComparedTask } from "@/lib/api/types";
import { count, percent } from "@/lib/format";

const distances: Record<string, string> = {
  interval: "by how far numbers are apart",
  masi: "by how much sets of labels share",
  jaccard: "by how many spans they share",
};

/** How far all agents agree on a task. */
export function AgreementPanel({ task }: { task: ComparedTask }) {
  return (
    <Panel title="Agreement" className={styles.wide} note={`${count(task.by_all)} records with a label of every agent`}>
      <Figures
        figures={[
          { name: "All say the same", value: task.agreement == null ? "—" : percent(task.agreement, 1), note: `${count(task.unanimous)} records` },
          { name: "Krippendorff’s alpha", value: task.alpha == null ? "—" : task.alpha.toFixed(2), note: task.alpha == null ? "all labels are the same" : distances[task.alpha_distance] },
          { name: "Some differ", value: count(task.differing), note: `of ${count(task.compared)} compared` },
        ]}
      />
    </Panel>
  );
}
