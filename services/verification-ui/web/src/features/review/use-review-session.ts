import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";

import type { Outbox } from "@/domain/outbox/outbox";
import { reviewApi } from "@/features/review/review-api";
import { ReviewSession } from "@/features/review/review-session";
import type { Snapshot } from "@/features/review/review-state";
import { notify, notifyProblem } from "@/lib/notify";

const renewEvery = 40_000;
const lookEvery = 3_000;
/** The counts of other pages follow at most this often, in ms. */
const countEvery = 2_000;

/** A review session that lives as long as the page shows it, and renews what it holds while somebody looks. */
export function useReviewSession(jobId: string, outbox: Outbox, jobIsLive: boolean): [ReviewSession, Snapshot] {
  const queryClient = useQueryClient();
  const [session] = useState(() => {
    let counting = false;
    return new ReviewSession(jobId, reviewApi, outbox, {
      onProblem: (title, problem, retry) => notifyProblem(title, problem, retry && { label: "Try again", run: retry }),
      onNotice: notify,
      onSaved: () => {
        if (counting) return;
        counting = true;
        window.setTimeout(() => {
          counting = false;
          void queryClient.invalidateQueries({ queryKey: ["review-queues"] });
        }, countEvery);
      },
    });
  });
  const snapshot = useSyncExternalStore(session.subscribe, session.snapshot);

  useEffect(() => {
    session.open();
    return () => session.close();
  }, [session]);

  useEffect(() => {
    const renew = () => {
      if (document.visibilityState === "visible") void session.renew();
    };
    const timer = window.setInterval(renew, renewEvery);
    document.addEventListener("visibilitychange", renew);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("visibilitychange", renew);
    };
  }, [session]);

  const looking = snapshot.phase === "failed" || (snapshot.phase === "empty" && (jobIsLive || (snapshot.open ?? 0) > 0));
  useEffect(() => {
    if (!looking) return;
    const timer = window.setInterval(() => session.refill(), lookEvery);
    return () => window.clearInterval(timer);
  }, [session, looking]);

  return [session, snapshot];
}
