import clsx from "clsx";

import styles from "@/domain/value-view.module.css";

/** A number with its unit. */
export const NumberView = ({ value, unit, gone }: { value: number; unit: string; gone: boolean }) => (
  <span className={clsx(gone ? styles.gone : styles.number)}>{unit ? `${value} ${unit}` : value}</span>
);
