import { Popover } from "@base-ui/react/popover";
import { ALargeSmall } from "lucide-react";

import { largest, readingPreference, smallest } from "@/features/review/reading";
import styles from "@/features/review/workbench.module.css";
import { usePreference } from "@/lib/preference";
import { Button, buttonClass } from "@/ui/button";
import popup from "@/ui/popup.module.css";
import { Segments } from "@/ui/segments";

const usual = 20;

/** How large and how dense records are set. */
export function ReadingMenu() {
  const reading = usePreference(readingPreference);
  const size = reading.size ?? usual;
  const grow = (by: number) => readingPreference.set({ ...reading, size: Math.min(largest, Math.max(smallest, size + by)) });
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({ variant: "quiet", size: "small", icon: true })} aria-label="Text size and density" title="Text size and density">
        <ALargeSmall size={18} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className={popup.positioner} sideOffset={8} align="end">
          <Popover.Popup className={popup.popup} aria-label="Text size and density">
            <div className={styles.reading}>
              <span>Text</span>
              <div className={styles.sizes}>
                <Button size="small" icon aria-label="Smaller" disabled={size <= smallest} onClick={() => grow(-1)}>
                  A−
                </Button>
                <span className="tabular">{reading.size === null ? "Auto" : `${reading.size} px`}</span>
                <Button size="small" icon aria-label="Larger" disabled={size >= largest} onClick={() => grow(1)}>
                  A+
                </Button>
                <Button size="small" variant="quiet" disabled={reading.size === null} onClick={() => readingPreference.set({ ...reading, size: null })}>
                  Auto
                </Button>
              </div>
              <span>Density</span>
              <Segments
                label="Density"
                choices={[
                  { value: "roomy", name: "Roomy" },
                  { value: "dense", name: "Dense" },
                ]}
                value={reading.dense ? "dense" : "roomy"}
                onChange={(next) => readingPreference.set({ ...reading, dense: next === "dense" })}
              />
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
