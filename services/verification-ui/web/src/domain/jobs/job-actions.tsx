import { Menu } from "@base-ui/react/menu";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleStop, Ellipsis, Pause, Play } from "lucide-react";
import { useState } from "react";

import { buttonClass } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import popup from "@/ui/popup.module.css";
import { changeJob, type JobChange } from "@/lib/api/change-job";
import { isLive, jobQuery } from "@/lib/api/jobs";
import { Problem } from "@/lib/api/problem";
import type { Job } from "@/lib/api/types";
import { count } from "@/lib/format";
import { notify, notifyProblem } from "@/lib/notify";

const done: Record<JobChange, string> = {
  pause: "Pausing: calls already on their way still come back",
  resume: "Going on",
  go: "Going on",
  cancel: "Cancelled. What was labeled is kept",
};

/** Whether the job waits for a person: its canary has ended, or too many records have no label. */
const needsGo = (job: Job) => job.state === "waiting" && ["canary", "failures"].includes(job.waiting_for ?? "");

/** Go, pause, resume and cancel, for those who may. Cancelling asks first: it cannot be taken back. */
export function JobActions({ job }: { job: Job }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: (action: JobChange) => changeJob(job.id, action),
    onSuccess: (changed, action) => {
      queryClient.setQueryData(jobQuery(job.id).queryKey, changed);
      void queryClient.invalidateQueries({ queryKey: ["jobs", job.project_id] });
      notify(job.name, done[action]);
    },
    onError: (error) => notifyProblem(`${job.name} was not changed`, Problem.from(error)),
  });
  if (!isLive(job)) return null;

  return (
    <>
      <Menu.Root>
        <Menu.Trigger className={buttonClass({ variant: "quiet", icon: true })} aria-label={`Actions for ${job.name}`} disabled={change.isPending}>
          <Ellipsis size={18} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className={popup.positioner} sideOffset={6} align="end">
            <Menu.Popup className={popup.popup}>
              {needsGo(job) && (
                <Menu.Item className={popup.item} onClick={() => change.mutate("go")}>
                  <Play size={15} aria-hidden="true" /> Let it go on
                </Menu.Item>
              )}
              {job.state === "paused" ? (
                <Menu.Item className={popup.item} onClick={() => change.mutate("resume")}>
                  <Play size={15} aria-hidden="true" /> Resume
                </Menu.Item>
              ) : (
                <Menu.Item className={popup.item} onClick={() => change.mutate("pause")}>
                  <Pause size={15} aria-hidden="true" /> Pause
                </Menu.Item>
              )}
              <div className={popup.separator} />
              <Menu.Item className={`${popup.item ?? ""} ${popup.danger ?? ""}`} onClick={() => setAsking(true)}>
                <CircleStop size={15} aria-hidden="true" /> Cancel the job…
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => change.mutate("cancel")}
        title={`Cancel ${job.name}?`}
        confirm="Cancel the job"
        cancel="Keep it running"
      >
        {count(job.counts.not_run)} records stay without a label. What was labeled so far is kept and can be reviewed and exported. A cancelled job cannot be
        resumed.
      </ConfirmDialog>
    </>
  );
}
