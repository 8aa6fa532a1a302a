import type { LabelOption } from "@/lib/api/types";

/** Told apart side by side, also by people who do not see red and green apart: hue and lightness both change. */
const palette = ["#3b6fd4", "#d9822b", "#1f9d78", "#b0479a", "#c2a200", "#5aa9d6", "#c8463c", "#7a6be0", "#6f8f2f", "#8a6f5c"];

/** The label's own colour, or one by its place among the others. */
export function colorOf(options: readonly LabelOption[], value: string): string {
  const index = options.findIndex((option) => option.value === value);
  return options[index]?.color ?? palette[Math.max(index, 0) % palette.length] ?? "#888888";
}
