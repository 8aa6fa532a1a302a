import { useState, type PointerEvent } from "react";

import styles from "@/widget/dashboard/dashboard.module.css";
import { within, type Box, type Point } from "@/widget/dashboard/points";

interface Props {
  points: readonly Point[];
  colors: ReadonlyMap<string, string>;
  selected: ReadonlySet<string>;
  onSelect: (ids: string[]) => void;
}

/** Records as points; dragging over some selects them, a click on empty ground selects none. */
export function Scatter({ points, colors, selected, onSelect }: Props) {
  const [box, setBox] = useState<Box | null>(null);
  const place = (event: PointerEvent<SVGSVGElement>) => {
    const toPoints = event.currentTarget.getScreenCTM()?.inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(toPoints);
    return { x, y: -y };
  };
  return (
    <svg
      className={styles.scatter}
      viewBox="-1.05 -1.05 2.1 2.1"
      role="img"
      aria-label={`${points.length} records as points, ${selected.size} selected`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setBox({ from: place(event), to: place(event) });
      }}
      onPointerMove={(event) => box && setBox({ ...box, to: place(event) })}
      onPointerUp={() => {
        if (box) onSelect(within(points, box));
        setBox(null);
      }}
    >
      {points.map((point) => (
        <circle
          key={point.id}
          cx={point.x}
          cy={-point.y}
          r={0.014}
          fill={(point.label !== null && colors.get(point.label)) || "#9498a0"}
          opacity={selected.size === 0 || selected.has(point.id) ? 0.85 : 0.15}
        >
          <title>{`${point.id}: ${point.text}`}</title>
        </circle>
      ))}
      {box && (
        <rect
          className={styles.box}
          x={Math.min(box.from.x, box.to.x)}
          y={-Math.max(box.from.y, box.to.y)}
          width={Math.abs(box.to.x - box.from.x)}
          height={Math.abs(box.to.y - box.from.y)}
        />
      )}
    </svg>
  );
}
