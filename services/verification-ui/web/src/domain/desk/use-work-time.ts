import { useEffect, useLayoutEffect, useState } from "react";

import { WorkTime } from "@/domain/desk/work-time";

/** Measures the time that a person works on each item. */
export function useWorkTime(itemId: string | undefined): WorkTime {
  const [time] = useState(() => new WorkTime(performance.now()));
  useLayoutEffect(() => time.begin(performance.now()), [time, itemId]);
  useEffect(() => {
    const sign = () => time.sign(performance.now());
    const hide = () => time.hide(document.visibilityState === "hidden", performance.now());
    const kinds = ["keydown", "pointerdown", "pointermove", "wheel", "scroll"] as const;
    for (const kind of kinds) window.addEventListener(kind, sign, { capture: true, passive: true });
    document.addEventListener("visibilitychange", hide);
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, sign, { capture: true });
      document.removeEventListener("visibilitychange", hide);
    };
  }, [time]);
  return time;
}
