import { useSyncExternalStore } from "react";

let over = false;
const subscribers = new Set<() => void>();

/** Tells pages that hold unfinished work that the session has ended; they stay, and show the way in over the work. */
export function setSessionOver(next: boolean): void {
  if (over === next) return;
  over = next;
  for (const callback of subscribers) callback();
}

function subscribe(callback: () => void): () => void {
  subscribers.add(callback);
  return () => subscribers.delete(callback);
}

export const useSessionOver = (): boolean => useSyncExternalStore(subscribe, () => over);
