import { Badge, type Tone } from "@/ui/badge";
import type { Job, JobState } from "@/lib/api/types";

const looks: Record<JobState, { tone: Tone; word: string; dot: boolean | "live" }> = {
  running: { tone: "accent", word: "Running", dot: "live" },
  paused: { tone: "neutral", word: "Paused", dot: true },
  waiting: { tone: "warn", word: "Waiting for the provider", dot: "live" },
  completed: { tone: "good", word: "Completed", dot: true },
  cancelled: { tone: "neutral", word: "Cancelled", dot: true },
};

/** The state of a job in the colour of how it went: one that ended with hardly a label is no success. */
export function outcomeOf({ state, counts }: Pick<Job, "state" | "counts">): { tone: Tone; word: string; dot: boolean | "live" } {
  const ended = counts.labeled + counts.invalid + counts.failed;
  if (state !== "completed" || ended === 0) return looks[state];
  if (counts.labeled === 0) return { tone: "bad", word: counts.invalid > counts.failed ? "Ended: no answer could be read" : "Ended: all records failed", dot: true };
  if (counts.labeled < ended / 2) return { tone: "warn", word: "Ended: most records have no label", dot: true };
  return looks.completed;
}

export function StateBadge({ job }: { job: Pick<Job, "state" | "counts"> }) {
  const { tone, word, dot } = outcomeOf(job);
  return (
    <Badge tone={tone} dot={dot}>
      {word}
    </Badge>
  );
}
