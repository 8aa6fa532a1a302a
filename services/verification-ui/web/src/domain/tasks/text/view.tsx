import clsx from "clsx";

import styles from "@/domain/value-view.module.css";
import { visible } from "@/lib/visible";

/** A text in quotes. */
export const TextView = ({ value, gone }: { value: string; gone: boolean }) => (
  <q dir="auto" className={clsx(gone ? styles.gone : styles.text)}>
    {visible(value)}
  </q>
);
