import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { X } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import styles from "@/features/records/confidence-filter.module.css";
import { confidencesQuery } from "@/features/records/records-api";
import { count, percent } from "@/lib/format";
import { Tip } from "@/ui/tip";

interface Range {
  from: number;
  to: number;
}

interface Props {
  jobId: string;
  /** The expression of all other filters. */
  where: string;
  value: Range | undefined;
  onChange: (value: Range | undefined) => void;
}

const parts = 20;
const snap = (share: number): number => Math.round(Math.max(0, Math.min(1, share)) * parts) / parts;

/** How sure the model was, as bars; a drag over them keeps the records of that range. The ends move by the arrow keys. */
export function ConfidenceFilter({ jobId, where, value, onChange }: Props) {
  const { data } = useQuery(confidencesQuery(jobId, where));
  const [drag, setDrag] = useState<{ start: number; at: number } | null>(null);
  const plot = useRef<HTMLDivElement>(null);
  const bins = data?.bins ?? Array.from({ length: parts }, () => 0);
  const most = Math.max(1, ...bins);
  const range = drag ? rangeOf(drag.start, drag.at) : (value ?? { from: 0, to: 1 });
  const at = (event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    return box ? (event.clientX - box.left) / box.width : 0;
  };
  const set = (next: Range) => onChange(next.from <= 0 && next.to >= 1 ? undefined : next);
  const move = (end: keyof Range) => (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = { ...range, [end]: snap(range[end] + step / parts) };
    if (next.from < next.to) set(next);
  };
  const said = value ? `${percent(value.from)}–${percent(value.to)}` : "Confidence";
  return (
    <div className={styles.filter} role="group" aria-label="Confidence">
      <span className={clsx(styles.said, value && styles.on, "tabular")}>{said}</span>
      <Tip text={data?.whole_job ? "All records of the job" : data?.most != null ? `Of what matches; a bar counts up to ${count(data.most)}` : "Drag over the bars to keep that range"}>
        <div
          ref={plot}
          className={styles.plot}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDrag({ start: at(event), at: at(event) });
          }}
          onPointerMove={(event) => drag && setDrag({ ...drag, at: at(event) })}
          onPointerUp={() => {
            if (drag) set(rangeOf(drag.start, drag.at));
            setDrag(null);
          }}
          onPointerCancel={() => setDrag(null)}
        >
          {bins.map((number, index) => {
            const inside = (index + 0.5) / parts > range.from && (index + 0.5) / parts < range.to;
            return <span key={index} className={clsx(styles.bar, inside && styles.inside)} style={{ height: number ? `max(${(number / most) * 100}%, 2px)` : 0 }} />;
          })}
          {(["from", "to"] as const).map((end) => (
            <span
              key={end}
              className={styles.handle}
              style={{ left: `${range[end] * 100}%` }}
              role="slider"
              tabIndex={0}
              aria-label={end === "from" ? "Lowest confidence" : "Highest confidence"}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={Math.round(range[end] * 100)}
              aria-valuetext={percent(range[end])}
              onKeyDown={move(end)}
            />
          ))}
        </div>
      </Tip>
      {value && (
        <button type="button" className={styles.clear} aria-label="Any confidence" onClick={() => onChange(undefined)}>
          <X size={13} />
        </button>
      )}
    </div>
  );
}

/** The bars that a drag touches; a press alone takes one bar. */
function rangeOf(start: number, end: number): Range {
  const [low, high] = [Math.max(0, Math.min(start, end)), Math.min(1, Math.max(start, end))];
  const from = Math.min(parts - 1, Math.floor(low * parts));
  const to = Math.max(from + 1, Math.ceil(high * parts));
  return { from: from / parts, to: to / parts };
}
