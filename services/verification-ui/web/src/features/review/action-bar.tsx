import clsx from "clsx";
import { Flag, SkipForward, Undo2 } from "lucide-react";

import styles from "@/features/review/answers.module.css";
import { Button } from "@/ui/button";
import { Kbd } from "@/ui/kbd";

/** What can be done with every item. */
export interface Actions {
  mayUndo: boolean;
  /** The keys of the commands as they are printed. */
  flagged: boolean;
  printed: { skip: string; undo: string; flag: string };
  onSkip: () => void;
  onUndo: () => void;
  onFlag: () => void;
}

interface Props extends Actions {
  /** What the first button does, or what is missing. */
  say: string;
  /** Left out where there is nothing to confirm. */
  onConfirm?: () => void;
  /** Something is missing. */
  quiet?: boolean;
  frozen: boolean;
}

/** What can be done besides picking a label, always in the same place. */
export function ActionBar({ say, quiet = false, frozen, flagged, mayUndo, printed, onConfirm, onSkip, onFlag, onUndo }: Props) {
  const keepFocus = (event: { preventDefault: () => void }) => event.preventDefault();
  return (
    <div className={styles.actions} role="toolbar" aria-label="Decision">
      <Button
        variant={quiet || !onConfirm ? "plain" : "primary"}
        size="large"
        className={styles.confirm}
        disabled={frozen || !onConfirm}
        aria-keyshortcuts="Enter"
        title={say}
        onMouseDown={keepFocus}
        onClick={onConfirm}
      >
        <span>{say}</span>
        {onConfirm && <Kbd onAccent={!quiet}>↵</Kbd>}
      </Button>
      <div className={styles.others}>
        <Button disabled={frozen} aria-keyshortcuts={printed.skip} onMouseDown={keepFocus} onClick={onSkip}>
          <SkipForward size={15} aria-hidden="true" />
          Skip
          <Kbd>{printed.skip}</Kbd>
        </Button>
        <Button disabled={frozen} aria-pressed={flagged} aria-keyshortcuts={printed.flag} className={clsx(flagged && styles.flagged)} onMouseDown={keepFocus} onClick={onFlag}>
          <Flag size={15} aria-hidden="true" />
          Flag
          <Kbd>{printed.flag}</Kbd>
        </Button>
        <Button disabled={!mayUndo} aria-keyshortcuts={`${printed.undo} Control+Z`} onMouseDown={keepFocus} onClick={onUndo}>
          <Undo2 size={15} aria-hidden="true" />
          Undo
          <Kbd>{printed.undo}</Kbd>
        </Button>
      </div>
    </div>
  );
}
