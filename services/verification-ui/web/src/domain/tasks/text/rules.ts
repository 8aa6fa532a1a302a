import { TextOffsets } from "@/domain/text-offsets";
import type { LabelValue, TextTask } from "@/lib/api/types";

/** What is wrong with a text; null when nothing is. */
export function problemWithText({ min_length, max_length, pattern }: TextTask, value: LabelValue | undefined): string | null {
  if (typeof value !== "string") return min_length > 0 ? "Write something" : "Write something, or leave it empty on purpose";
  const { length } = new TextOffsets(value);
  if (length < min_length) return length === 0 ? "Write something" : `At least ${min_length} characters`;
  if (length > max_length) return `At most ${max_length} characters`;
  return pattern == null || (compiled(pattern)?.test(value) ?? true) ? null : `Has to match ${pattern}`;
}

/** The whole text has to match. Null where the pattern is written in a way that only the service understands. */
function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return null;
  }
}
