import { Check, RotateCcw, Tags, UserRoundSearch, X } from "lucide-react";
import { useState } from "react";

import { BulkDialog, type BulkStep } from "@/features/records/bulk-dialog";
import { ReviewDialog } from "@/features/records/review-dialog";
import { RunAgainDialog } from "@/features/records/run-again-dialog";
import styles from "@/features/records/bulk-bar.module.css";
import type { Selection } from "@/features/records/selection";
import type { BulkAct, Campaign, Job, LabelTask } from "@/lib/api/types";
import { counted } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { useSession } from "@/lib/session";
import { Button } from "@/ui/button";
import { Kbd } from "@/ui/kbd";

interface Props {
  job: Job;
  tasks: readonly LabelTask[];
  where: string;
  selection: Selection;
  /** How many match, as the page says it. */
  matching: string;
  onClear: () => void;
  onAct: (act: BulkAct) => void;
  onSent: (campaign: Campaign) => void;
}

type Step = BulkStep | "review" | "again" | null;

/** What can be done with the selected records; each act is counted before it begins. */
export function BulkBar({ job, tasks, where, selection, matching, onClear, onAct, onSent }: Props) {
  const { mayManage } = useSession();
  const [step, setStep] = useState<Step>(null);
  const number = selection.all ? matching : counted(selection.some.size, "record");
  const isEmpty = !selection.all && selection.some.size === 0;
  usePageKeys((event) => {
    if (isEmpty || step !== null || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const wanted: Record<string, Step> = { c: "confirm", l: "label", ...(mayManage && { r: "review" }) };
    const next = wanted[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setStep(next);
  });
  const close = () => setStep(null);
  const done = <Result,>(then: (result: Result) => void) => (result: Result) => {
    close();
    onClear();
    then(result);
  };
  const named = [...selection.some.keys()];
  const records = selection.all ? { where } : { seqs: named };
  return (
    <>
      {!isEmpty && (
        <div className={styles.bar} role="toolbar" aria-label="Selected records">
          <b className="tabular">{selection.all ? `All that match: ${number}` : `${number} selected`}</b>
          <Button size="small" aria-keyshortcuts="C" onClick={() => setStep("confirm")}>
            <Check size={15} aria-hidden="true" />
            Confirm
            <Kbd>C</Kbd>
          </Button>
          <Button size="small" aria-keyshortcuts="L" onClick={() => setStep("label")}>
            <Tags size={15} aria-hidden="true" />
            Set label
            <Kbd>L</Kbd>
          </Button>
          {mayManage && (
            <>
              <Button size="small" aria-keyshortcuts="R" onClick={() => setStep("review")}>
                <UserRoundSearch size={15} aria-hidden="true" />
                To review
                <Kbd>R</Kbd>
              </Button>
              <Button size="small" onClick={() => setStep("again")}>
                <RotateCcw size={15} aria-hidden="true" />
                Run again
              </Button>
            </>
          )}
          <Button size="small" variant="quiet" icon aria-label="Select nothing" onClick={onClear}>
            <X size={15} />
          </Button>
        </div>
      )}
      {(step === "confirm" || step === "label") && <BulkDialog job={job} tasks={tasks} kind={step} records={records} onClose={close} onBegun={done(onAct)} />}
      {step === "review" && <ReviewDialog job={job} records={records} onClose={close} onSent={done(onSent)} />}
      {step === "again" && <RunAgainDialog job={job} records={selection.all ? { where: where || "id exists" } : { record_ids: [...selection.some.values()] }} onClose={close} onBegun={done(() => undefined)} />}
    </>
  );
}
