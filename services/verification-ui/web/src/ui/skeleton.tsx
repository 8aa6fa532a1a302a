import styles from "@/ui/skeleton.module.css";

/** Holds the place of what is being loaded, so that nothing jumps. */
export function Skeleton({ width = "100%", height = 14, radius }: { width?: number | string; height?: number | string; radius?: number }) {
  return <span className={styles.skeleton} style={{ width, height, ...(radius && { borderRadius: radius }) }} aria-hidden="true" />;
}
