import { CircleHelp, SkipForward, Undo2 } from "lucide-react";

import { Button } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import styles from "@/features/review/action-bar.module.css";

/** What can be done with every item. */
export interface Actions {
  mayUndo: boolean;
  onSkip: () => void;
  onUndo: () => void;
  onHelp: () => void;
}

interface Props extends Actions {
  /** What the first button does, or what is missing. */
  say: string;
  /** Left out where there is nothing to confirm. */
  onConfirm?: () => void;
  /** Something is missing. */
  quiet?: boolean;
}

/** What can be done besides picking a label, always in the same place under the thumb. */
export function ActionBar({ say, quiet = false, mayUndo, onConfirm, onSkip, onUndo, onHelp }: Props) {
  return (
    <div className={styles.bar}>
      <div className={styles.inner}>
        <div className={styles.buttons} role="toolbar" aria-label="Decision">
          {onConfirm ? (
            <Button variant={quiet ? "plain" : "primary"} size="large" className={styles.confirm} aria-keyshortcuts="Enter" onMouseDown={(event) => event.preventDefault()} onClick={onConfirm}>
              <span>{say}</span>
              <Kbd onAccent={!quiet}>↵</Kbd>
            </Button>
          ) : (
            // Holds the place, so that nobody hits Skip where Confirm was.
            <Button size="large" className={styles.confirm} disabled>
              <span>{say}</span>
            </Button>
          )}
          <Button size="large" aria-keyshortcuts="S ArrowRight" onClick={onSkip}>
            <SkipForward size={16} aria-hidden="true" />
            Skip
            <Kbd>S</Kbd>
          </Button>
          <span className={styles.spring} />
          <Button aria-label="Undo" size="large" variant="quiet" disabled={!mayUndo} aria-keyshortcuts="U Control+Z" onClick={onUndo}>
            <Undo2 size={16} aria-hidden="true" />
            <span className={styles.short}>Undo</span>
            <Kbd>U</Kbd>
          </Button>
          <Button className={styles.help} size="large" variant="quiet" aria-keyshortcuts="?" onClick={onHelp}>
            <CircleHelp size={16} aria-hidden="true" />
            Keys
            <Kbd>?</Kbd>
          </Button>
        </div>
      </div>
    </div>
  );
}
