import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import clsx from "clsx";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { Button, buttonClass } from "@/ui/button";
import styles from "@/ui/dialog.module.css";
import { usePortalGround } from "@/ui/portal";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  /** A sheet at the right edge, for more to read. */
  side?: boolean;
  /** Room for something to be written. */
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ open, onClose, title, side = false, wide = false, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal container={usePortalGround()}>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup className={clsx(styles.popup, side && styles.side, wide && styles.wide)}>
          <div className={styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            <Base.Close className={clsx(buttonClass({ variant: "quiet", size: "small", icon: true }), styles.close)} aria-label="Close">
              <X size={16} />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  confirm: string;
  cancel: string;
  tone?: "danger" | "primary";
  children: ReactNode;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ open, onClose, onConfirm, title, confirm, cancel, tone = "danger", children }: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal container={usePortalGround()}>
        <AlertDialog.Backdrop className={styles.backdrop} />
        <AlertDialog.Popup className={styles.popup}>
          <div className={styles.head}>
            <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          </div>
          <AlertDialog.Description className={styles.text} render={<div />}>
            {children}
          </AlertDialog.Description>
          <div className={styles.actions}>
            <AlertDialog.Close className={buttonClass()}>{cancel}</AlertDialog.Close>
            <Button
              variant={tone}
              onClick={() => {
                onConfirm();
                onClose();
              }}
            >
              {confirm}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
