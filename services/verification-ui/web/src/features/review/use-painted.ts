import { useCallback, useLayoutEffect, useRef } from "react";

/** Tells whether a key was pressed after this item was painted; one pressed before was meant for the item before. */
export function usePainted(itemId: string | undefined): (event: { timeStamp: number }) => boolean {
  const paintedAt = useRef(Infinity);
  useLayoutEffect(() => {
    paintedAt.current = Infinity;
    const frame = requestAnimationFrame(() => {
      paintedAt.current = performance.now();
    });
    return () => cancelAnimationFrame(frame);
  }, [itemId]);
  return useCallback((event) => event.timeStamp >= paintedAt.current, []);
}
