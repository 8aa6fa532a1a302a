import { useSyncExternalStore, type ReactNode } from "react";
import { createPortal } from "react-dom";

import styles from "@/ui/header-slot.module.css";

let place: HTMLElement | null = null;
const subscribers = new Set<() => void>();

function setPlace(element: HTMLElement | null): void {
  place = element;
  for (const callback of subscribers) callback();
}

function subscribe(callback: () => void): () => void {
  subscribers.add(callback);
  return () => subscribers.delete(callback);
}

/** Where a page puts its own status and tools in the header. */
export const HeaderSlot = ({ className }: { className?: string | undefined }) => <div className={className} ref={setPlace} />;

/** Puts its children into the header's slot; where there is none, into a line of their own. */
export function InHeader({ children }: { children: ReactNode }) {
  const element = useSyncExternalStore(subscribe, () => place);
  return element ? createPortal(children, element) : <div className={styles.line}>{children}</div>;
}
