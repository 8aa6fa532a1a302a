import { createContext, useContext } from "react";

import { usePageKeys } from "@/lib/keyboard";

/** What the tasks of an item share. */
export interface DeskKeys {
  /** Whether a key was meant for the item shown: pressed after it was painted, and while it takes a decision. */
  accepts: (event: { timeStamp: number }) => boolean;
  /** Decides on all tasks, or shows what is missing. */
  confirm: () => void;
  /** Goes on to the task below, or above. */
  moveBy: (steps: 1 | -1) => void;
  /** Keys that are commands of the page: labels get others. */
  reserved: ReadonlySet<string>;
}

export const DeskContext = createContext<DeskKeys>({ accepts: () => false, confirm: () => undefined, moveBy: () => undefined, reserved: new Set() });
export const useDesk = (): DeskKeys => useContext(DeskContext);

/** Keys of one task, before those of the page; `handler` says whether it took the key. */
export function useTaskKeys(active: boolean, handler: (event: KeyboardEvent) => boolean): void {
  const { accepts } = useDesk();
  usePageKeys(
    (event) => {
      if (!active || event.ctrlKey || event.metaKey || event.altKey || !accepts(event)) return;
      if (handler(event)) event.preventDefault();
    },
    { first: true, repeat: true },
  );
}
