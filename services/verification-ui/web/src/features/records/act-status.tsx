import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Undo2, X } from "lucide-react";
import { useEffect } from "react";

import styles from "@/features/records/bulk-bar.module.css";
import { actQuery, closeCampaign, undoAct } from "@/features/records/records-api";
import { skipText } from "@/features/records/skips";
import type { BulkAct, Campaign } from "@/lib/api/types";
import { count, counted } from "@/lib/format";
import { Bar } from "@/ui/bar";
import { Button } from "@/ui/button";
import { ProblemLine } from "@/ui/notice";

/** The last bulk act: how far it is, what came of it, and one undo for all of it. */
export function ActStatus({ act: begun, onClose }: { act: BulkAct; onClose: () => void }) {
  const client = useQueryClient();
  const { data: act } = useQuery({ ...actQuery(begun.job_id, begun.id), initialData: begun });
  const undo = useMutation({ mutationFn: () => undoAct(act.job_id, act.id), onSuccess: (now) => client.setQueryData(actQuery(act.job_id, act.id).queryKey, now) });
  const working = act.state === "running" || act.state === "undoing";
  useEffect(() => {
    // The labels that hold follow a moment after the opinions.
    const refresh = () => void client.invalidateQueries({ queryKey: ["records", act.job_id] });
    refresh();
    if (working) return;
    const timers = [1_000, 3_000].map((wait) => window.setTimeout(refresh, wait));
    return () => timers.forEach((timer) => window.clearTimeout(timer));
  }, [client, act.job_id, act.state, act.given, act.undone, working]);
  return (
    <div className={styles.bar} role="status">
      {working ? (
        <>
          <span className={styles.progress}>
            <Bar parts={[{ share: act.share, tone: "accent" }]} />
          </span>
          <span className="tabular">{act.state === "running" ? `${count(act.given)} of ${counted(act.records, "record")}` : `Undoing: ${count(act.undone)} of ${count(act.given)}`}</span>
        </>
      ) : (
        <>
          <Check size={15} aria-hidden="true" />
          <span className="tabular">{said(act)}</span>
        </>
      )}
      {(act.state === "running" || act.state === "done") && (
        <Button size="small" disabled={undo.isPending} onClick={() => undo.mutate()}>
          <Undo2 size={15} aria-hidden="true" />
          Undo all
        </Button>
      )}
      {undo.error && <ProblemLine error={undo.error} />}
      {!working && (
        <Button size="small" variant="quiet" icon aria-label="Dismiss" onClick={onClose}>
          <X size={14} />
        </Button>
      )}
    </div>
  );
}

function said(act: BulkAct): string {
  const reasons = Object.entries(act.state === "undone" ? act.kept : act.skipped).map(([reason, number]) => `${count(number)} ${skipText(reason)}`);
  const left = reasons.length > 0 ? `; left as they are: ${reasons.join(", ")}` : "";
  if (act.state === "undone") return `${counted(act.undone, "answer")} taken back${left}`;
  return `${counted(act.given, "record")} ${act.kind === "confirm" ? "confirmed" : "labeled"}${left}`;
}

/** Records that were sent to people, with the way back. */
export function SentStatus({ campaign, onClose }: { campaign: Campaign; onClose: () => void }) {
  const client = useQueryClient();
  const close = useMutation({
    mutationFn: () => closeCampaign(campaign.job_id, campaign.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["records", campaign.job_id] });
      onClose();
    },
  });
  useEffect(() => {
    const timer = window.setTimeout(() => void client.invalidateQueries({ queryKey: ["records", campaign.job_id] }), 3_000);
    return () => window.clearTimeout(timer);
  }, [client, campaign.job_id]);
  return (
    <div className={styles.bar} role="status">
      <Check size={15} aria-hidden="true" />
      <span>{counted(campaign.records, "record")} on their way into the queue</span>
      <Button size="small" disabled={close.isPending} onClick={() => close.mutate()}>
        <Undo2 size={15} aria-hidden="true" />
        Undo all
      </Button>
      {close.error && <ProblemLine error={close.error} />}
      <Button size="small" variant="quiet" icon aria-label="Dismiss" onClick={onClose}>
        <X size={14} />
      </Button>
    </div>
  );
}
