import { LabelChip } from "@/domain/label-chip";
import { nameIn } from "@/domain/label-values";
import type { LabelOption } from "@/lib/api/types";

/** One label as a chip. */
export function ChoiceView({ options, value, gone = false }: { options: readonly LabelOption[]; value: string; gone?: boolean }) {
  return (
    <LabelChip color={options.find((option) => option.value === value)?.color ?? undefined} gone={gone}>
      {nameIn(options, value)}
    </LabelChip>
  );
}
