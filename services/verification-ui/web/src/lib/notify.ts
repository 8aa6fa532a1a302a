import { Toast } from "@base-ui/react/toast";

import type { Problem } from "@/lib/api/problem";

export const toasts = Toast.createToastManager();

interface Action {
  label: string;
  run: () => void;
}

export function notify(title: string, detail?: string): void {
  toasts.add({ title, ...(detail ? { description: detail } : {}), timeout: 5_000 });
}

/** Shows a problem with what to do about it; stays longer, and is read out at once. */
export function notifyProblem(title: string, problem: Problem, action?: Action): void {
  const description = [problem.title, problem.detail, problem.cure].filter(Boolean).join(". ").replaceAll("..", ".");
  toasts.add({
    title,
    description,
    type: "problem",
    priority: "high",
    timeout: 12_000,
    ...(action ? { actionProps: { children: action.label, onClick: action.run } } : {}),
  });
}
