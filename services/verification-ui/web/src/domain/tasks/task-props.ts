import type { LabelTask, LabelValue, Suggestion } from "@/lib/api/types";

/** What each kind of task is given. */
export interface TaskProps<Task extends LabelTask> {
  task: Task;
  /** Undefined until somebody, model or person, gave one. */
  value: LabelValue | undefined;
  suggestion: Suggestion | undefined;
  /** Keys go to this task. */
  active: boolean;
  /** Stands among other tasks, so that it takes little room. */
  dense: boolean;
  /** Whether it is shown that there is no value yet. */
  insists: boolean;
  onChange: (value: LabelValue | undefined) => void;
}
