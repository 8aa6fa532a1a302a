import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";

import type { Outbox, OutboxState } from "@/domain/outbox/outbox";
import { counted } from "@/lib/format";
import { sessionQuery } from "@/lib/session";
import { setSessionOver, useSessionOver } from "@/lib/session-over";
import { Button, buttonClass } from "@/ui/button";
import dialog from "@/ui/dialog.module.css";

interface Props {
  jobId: string;
  outbox: Outbox;
  state: OutboxState;
  /** Somebody logged in again: the page goes on. */
  onBack: () => void;
}

/** Says over the item that the session has ended, what is kept, and the way in. Goes on by itself after a login elsewhere. */
export function SessionOver({ jobId, outbox, state, onBack }: Props) {
  const elsewhere = useSessionOver();
  const queryClient = useQueryClient();
  const [still, setStill] = useState(false);
  const open = elsewhere || state.link === "loggedOut";

  const look = useCallback(async () => {
    try {
      const session = await queryClient.query({ ...sessionQuery, staleTime: 0 });
      setSessionOver(false);
      if (session.person_id !== outbox.personId) {
        window.location.reload(); // another person: another queue, another outbox
        return;
      }
      setStill(false);
      outbox.resume();
      onBack();
    } catch {
      setStill(true);
    }
  }, [queryClient, outbox, onBack]);

  useEffect(() => {
    if (!open) return;
    const again = () => void look();
    window.addEventListener("focus", again);
    return () => window.removeEventListener("focus", again);
  }, [open, look]);

  const kept = state.waiting.length;
  return (
    <AlertDialog.Root open={open}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={dialog.backdrop} />
        <AlertDialog.Popup className={dialog.popup}>
          <div className={dialog.head}>
            <AlertDialog.Title className={dialog.title}>You were logged out</AlertDialog.Title>
          </div>
          <AlertDialog.Description className={dialog.text} render={<div />}>
            {kept > 0 ? `${counted(kept, "decision")} and what you were writing are kept` : "What you were writing is kept"}
            {state.durable ? " in this browser" : " as long as this page is open"}. Log in as the same person to go on where you are.
            {still && " There is still no session."}
          </AlertDialog.Description>
          <div className={dialog.actions}>
            <Button onClick={() => void look()}>I have logged in again</Button>
            {state.durable && (
              <Link to="/login" search={{ next: `/review/${jobId}`, ended: true }} className={buttonClass({ variant: "primary" })} onClick={() => setSessionOver(false)}>
                Log in
              </Link>
            )}
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
