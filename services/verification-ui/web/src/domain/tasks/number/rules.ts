import type { LabelValue, NumberTask } from "@/lib/api/types";

/** What is wrong with a number; null when nothing is. */
export function problemWithNumber({ minimum, maximum, step }: NumberTask, value: LabelValue | undefined): string | null {
  if (typeof value !== "number") return "Give a number";
  if (value < minimum || value > maximum) return `From ${minimum} to ${maximum}`;
  if (step == null) return null;
  const steps = (value - minimum) / step;
  return Math.abs(steps - Math.round(steps)) <= 1e-6 * Math.max(1, Math.abs(steps)) ? null : `In steps of ${step} from ${minimum}`;
}
