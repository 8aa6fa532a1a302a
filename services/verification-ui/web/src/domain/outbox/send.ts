import { suggestedValues } from "@/domain/desk/draft";
import type { Kept } from "@/domain/outbox/kept";
import { request } from "@/lib/api/request";
import type { Decision, DecisionRequest, OpinionRequest, RecordOpinions } from "@/lib/api/types";

const base = "/verification/v1";
const item = (itemId: string) => `${base}/items/${encodeURIComponent(itemId)}`;

/** The most seconds that the service takes for one item. */
const longest = 86_400;

/** Sends what a person did with a record, and tells how many are open then, where that is said. The same again changes nothing. */
export async function sendKept(kept: Kept): Promise<number | null> {
  const { kind, shown, values } = kept;
  switch (kind) {
    case "skip": {
      const skipped = await post<{ open: number }>(`${item(shown.item_id)}/skip`, { reservation: shown.reservation });
      return skipped.open;
    }
    case "decision": {
      const body = { reservation: shown.reservation, attempt: shown.attempt, values, shown_values: suggestedValues(shown), ...remarks(kept) };
      const decided = await post<Decision>(`${item(shown.item_id)}/decision`, body satisfies DecisionRequest);
      return decided.open;
    }
    case "opinion": {
      const body = { attempt: shown.attempt, values, overrule: kept.overrule ?? false, ...remarks(kept) };
      await post<RecordOpinions>(`${base}/jobs/${shown.job_id}/records/${shown.seq}/opinions`, body satisfies OpinionRequest);
      return null;
    }
  }
}

const post = <Result>(path: string, body: unknown) => request<Result>(path, { method: "POST", keepalive: true, body });

const remarks = ({ activeSeconds, idleSeconds, flags, comment }: Kept) => ({
  active_seconds: Math.min(activeSeconds, longest),
  idle_seconds: Math.min(idleSeconds, longest),
  flags,
  comment,
});
