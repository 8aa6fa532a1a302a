import styles from "@/ui/reliability-diagram.module.css";
import type { Reliability } from "@/lib/api/types";
import { counted, percent } from "@/lib/format";

const size = 200;
const margin = { left: 34, bottom: 26, top: 8, right: 8 };
const x = (share: number) => margin.left + share * size;
const y = (share: number) => margin.top + (1 - share) * size;

/** Of the labels with a confidence, how many are right: on the diagonal the confidence says what it promises. */
export function ReliabilityDiagram({ reliability }: { reliability: Reliability }) {
  const bins = reliability.bins.flatMap(({ confidence, accuracy, ...bin }) => (confidence == null || accuracy == null ? [] : [{ ...bin, confidence, accuracy }]));
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return (
    <figure>
      <svg
        className={styles.diagram}
        viewBox={`0 0 ${margin.left + size + margin.right} ${margin.top + size + margin.bottom}`}
        role="img"
        aria-label={`Reliability diagram: ${bins.map((bin) => `at ${percent(bin.confidence)} confidence ${percent(bin.accuracy)} are right`).join("; ")}`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share}>
            <line className={styles.grid} x1={x(0)} x2={x(1)} y1={y(share)} y2={y(share)} />
            {share % 0.5 === 0 && (
              <>
                <text className={styles.tick} x={x(0) - 6} y={y(share) + 3} textAnchor="end">
                  {percent(share)}
                </text>
                <text className={styles.tick} x={x(share)} y={y(0) + 14} textAnchor={share === 0 ? "start" : share === 1 ? "end" : "middle"}>
                  {percent(share)}
                </text>
              </>
            )}
          </g>
        ))}
        <line className={styles.ideal} x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        {bins.map((bin) => (
          <line key={bin.lower} className={styles.gap} x1={x(bin.confidence)} x2={x(bin.confidence)} y1={y(bin.accuracy)} y2={y(bin.confidence)} />
        ))}
        <polyline className={styles.curve} points={bins.map((bin) => `${x(bin.confidence)},${y(bin.accuracy)}`).join(" ")} />
        {bins.map((bin) => (
          <circle key={bin.lower} className={styles.point} cx={x(bin.confidence)} cy={y(bin.accuracy)} r={3 + 4 * Math.sqrt(bin.count / most)}>
            <title>{`${percent(bin.confidence)} confident, ${percent(bin.accuracy)} right: ${counted(bin.count, "label")}`}</title>
          </circle>
        ))}
      </svg>
      <figcaption className={styles.caption}>
        Across: the model’s confidence. Up: the share that is right. Below the line it is too sure of itself. The larger a point, the more labels.
      </figcaption>
    </figure>
  );
}
