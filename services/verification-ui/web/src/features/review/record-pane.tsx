import { ChevronDown } from "lucide-react";
import { useLayoutEffect, useRef, useState, type CSSProperties, type ReactNode, type Ref } from "react";

import { readingPreference } from "@/features/review/reading";
import styles from "@/domain/desk/record.module.css";
import type { ReviewItem } from "@/lib/api/types";
import { counted } from "@/lib/format";
import { usePageKeys } from "@/lib/keyboard";
import { usePreference } from "@/lib/preference";
import { VisibleText } from "@/ui/visible-text";

interface Props {
  ref?: Ref<HTMLElement>;
  item: ReviewItem;
  /** The fields of the record. */
  children: ReactNode;
}

/** One record, in a pane that scrolls alone and says when it goes on. Made anew for each item. */
export function RecordPane({ ref, item, children }: Props) {
  const { size, dense } = usePreference(readingPreference);
  const pane = useRef<HTMLDivElement>(null);
  const [left, setLeft] = useState(0);

  useLayoutEffect(() => {
    const element = pane.current;
    if (!element) return;
    const measure = () => {
      const lineHeight = parseFloat(getComputedStyle(element).getPropertyValue("--line-height")) || 28;
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      setLeft(below > 8 ? Math.max(1, Math.round(below / lineHeight)) : 0);
    };
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => {
      element.removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, []);

  const scroll = (pages: number) => pane.current?.scrollBy({ top: pages * pane.current.clientHeight });
  usePageKeys(
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "PageDown" || (event.key === " " && !event.shiftKey)) scroll(0.85);
      else if (event.key === "PageUp" || event.key === " ") scroll(-0.85);
      else return;
      event.preventDefault();
    },
    { repeat: true },
  );

  const look = size === null ? undefined : ({ "--record-size": `${size}px`, "--line-height": Math.round(size * 1.55) } as CSSProperties);
  return (
    <article ref={ref} className={styles.record} aria-label={`Record ${item.record_id}`} tabIndex={-1}>
      <div ref={pane} className={styles.scroll} tabIndex={left > 0 ? 0 : -1} role="region" aria-label="What the record says">
        <div className={styles.inner} style={look} data-dense={dense || undefined}>
          {children}
          {item.raw && item.reason === "invalid" && <Raw text={item.raw} />}
          <p className={styles.meta}>
            <span className={styles.id}>{item.record_id}</span>
            {item.attempt > 1 && <span>attempt {item.attempt}</span>}
            {item.skips > 0 && <span>skipped {counted(item.skips, "time")}</span>}
          </p>
        </div>
      </div>
      {left > 0 && (
        <button type="button" className={styles.more} tabIndex={-1} onMouseDown={(event) => event.preventDefault()} onClick={() => scroll(0.85)}>
          {counted(left, "line")} more <ChevronDown size={14} aria-hidden="true" />
        </button>
      )}
    </article>
  );
}

const Raw = ({ text }: { text: string }) => (
  <details className={styles.raw}>
    <summary>What the model answered</summary>
    <pre dir="auto">
      <VisibleText text={text} />
    </pre>
  </details>
);
