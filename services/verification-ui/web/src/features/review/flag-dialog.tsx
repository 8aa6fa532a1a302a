import { useState } from "react";

import styles from "@/features/review/flag-dialog.module.css";
import type { Flag, Remarks } from "@/domain/outbox/kept";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

const meanings: Record<Flag, string> = {
  flagged: "Somebody should look at this record again",
  not_covered: "No label fits: mine is the nearest one",
};
const longest = 2_000;

interface Props {
  open: boolean;
  onClose: () => void;
  remarks: Remarks;
  onRemarks: (remarks: Remarks) => void;
}

/** A flag and a comment that go with the decision on the record. */
export function FlagDialog({ open, onClose, remarks, onRemarks }: Props) {
  return (
    <Dialog open={open} onClose={onClose} title="Flag this record">
      {open && <Form {...{ onClose, remarks, onRemarks }} />}
    </Dialog>
  );
}

function Form({ onClose, remarks, onRemarks }: Omit<Props, "open">) {
  const [flags, setFlags] = useState<Flag[]>(remarks.flags.length > 0 || remarks.comment !== null ? remarks.flags : ["flagged"]);
  const [comment, setComment] = useState(remarks.comment ?? "");
  const keep = (next: Remarks) => {
    onRemarks(next);
    onClose();
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        keep({ flags, comment: comment.trim() || null });
      }}
    >
      {(Object.keys(meanings) as Flag[]).map((flag) => (
        <label key={flag} className={styles.choice}>
          <input type="checkbox" checked={flags.includes(flag)} onChange={(event) => setFlags(event.target.checked ? [...flags, flag] : flags.filter((other) => other !== flag))} />
          {meanings[flag]}
        </label>
      ))}
      <label className={styles.comment}>
        Comment
        <textarea dir="auto" rows={3} maxLength={longest} value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      <p className={styles.note}>It is sent with your decision on the record.</p>
      <div className={styles.actions}>
        <Button onClick={() => keep({ flags: [], comment: null })}>No flag</Button>
        <Button type="submit" variant="primary">
          Keep
        </Button>
      </div>
    </form>
  );
}
