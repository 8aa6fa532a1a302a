import { createContext, useContext, useEffect, useRef } from "react";

import { isComposing } from "@/lib/key-map";

const typingIn = "input, textarea, select, [contenteditable=''], [contenteditable='true']";
const layers = "[role='dialog'], [role='alertdialog'], [role='menu'], [role='listbox']";
const pressable = "button, a[href], summary, [role='button'], [role='menuitem'], [role='tab']";

/** True when the key belongs to what has the focus, not to the page. */
export function belongsElsewhere(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || isComposing(event)) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(typingIn)) return true;
  if (target?.closest(layers)) return true;
  // Enter and Space press the focused control; the page must not act on the same stroke.
  return (event.key === "Enter" || event.key === " ") && Boolean(target?.closest(pressable));
}

/** Where keys are listened for: the whole page, or the one cell of a notebook that shows this. */
export const KeyGround = createContext<EventTarget | null>(null);

interface Listening {
  /** Before the page's other keys; what the handler takes, it marks by `preventDefault`. */
  first?: boolean;
  /** Also while a key is held down. */
  repeat?: boolean;
}

/** Calls the latest handler for each key that belongs to the page. */
export function usePageKeys(handler: (event: KeyboardEvent) => void, { first = false, repeat = false }: Listening = {}): void {
  const ground = useContext(KeyGround);
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const listen = (event: Event) => {
      if (event instanceof KeyboardEvent && !belongsElsewhere(event) && (repeat || !event.repeat)) latest.current(event);
    };
    const at = ground ?? window;
    at.addEventListener("keydown", listen, { capture: first });
    return () => at.removeEventListener("keydown", listen, { capture: first });
  }, [ground, first, repeat]);
}
