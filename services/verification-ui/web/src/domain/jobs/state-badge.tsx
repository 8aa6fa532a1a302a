import { Badge, type Tone } from "@/ui/badge";
import type { JobState } from "@/lib/api/types";

const looks: Record<JobState, { tone: Tone; word: string; dot: boolean | "live" }> = {
  running: { tone: "accent", word: "Running", dot: "live" },
  paused: { tone: "neutral", word: "Paused", dot: true },
  waiting: { tone: "warn", word: "Waiting for the provider", dot: "live" },
  completed: { tone: "good", word: "Completed", dot: true },
  cancelled: { tone: "neutral", word: "Cancelled", dot: true },
};

export function StateBadge({ state }: { state: JobState }) {
  const { tone, word, dot } = looks[state];
  return (
    <Badge tone={tone} dot={dot}>
      {word}
    </Badge>
  );
}
