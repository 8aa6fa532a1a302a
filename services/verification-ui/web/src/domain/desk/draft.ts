import type { LabelTask, ReviewItem, ReviewPolicy, Suggestion } from "@/lib/api/types";
import { problemWith } from "@/domain/tasks/rules";
import { sameValue, type Values } from "@/domain/label-values";
import { thresholdOf } from "@/domain/review-policy";

/** One question with one answer: picking it decides, nothing is put together first. */
export const decidesAtOnce = (item: ReviewItem): boolean => item.tasks.length === 1 && item.tasks[0]?.kind === "single_choice";

export const suggestionOf = (item: ReviewItem, task: LabelTask): Suggestion | undefined =>
  item.suggestions.find((suggestion) => suggestion.task === task.name);

/** What the model suggests for each task; what the person saw, stored with the decision. */
export const suggestedValues = (item: ReviewItem): Values =>
  Object.fromEntries(item.suggestions.map((suggestion) => [suggestion.task, suggestion.value]));

/** Whether the values are the model's, all of them. */
export const confirms = (item: ReviewItem, values: Values): boolean => {
  const suggested = suggestedValues(item);
  return item.tasks.every((task) => values[task.name] !== undefined && sameValue(values[task.name], suggested[task.name]));
};

/** What keeps the values from being a decision, by task in schema order; empty when nothing does. */
export const problemsOf = (item: ReviewItem, values: Values): ReadonlyMap<string, string> =>
  new Map(
    item.tasks.flatMap((task) => {
      const problem = problemWith(task, values[task.name]);
      return problem === null ? [] : [[task.name, problem] as const];
    }),
  );

/** The task to begin with: the first that has no value, that is why the item is here, or that is less sure than the job asks for. */
export function firstToLookAt(item: ReviewItem, values: Values, policy: ReviewPolicy | null): number {
  const problems = problemsOf(item, values);
  const doubtful = item.tasks.findIndex((task) => {
    const confidence = suggestionOf(item, task)?.confidence;
    if (problems.has(task.name) || item.causes.some((cause) => cause.task === task.name)) return true;
    const threshold = thresholdOf(policy, task.name);
    return item.causes.length === 0 && (confidence != null && threshold !== null && confidence < threshold);
  });
  return Math.max(doubtful, 0);
}
