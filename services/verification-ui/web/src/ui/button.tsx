import clsx from "clsx";
import type { ComponentProps } from "react";

import styles from "@/ui/button.module.css";

interface Look {
  variant?: "plain" | "primary" | "quiet" | "danger";
  size?: "small" | "medium" | "large";
  icon?: boolean;
}

/** Classes of a button, for links that look like one. */
export const buttonClass = ({ variant = "plain", size = "medium", icon = false }: Look = {}): string =>
  clsx(
    styles.button,
    variant !== "plain" && styles[variant],
    size !== "medium" && styles[size],
    icon && styles.icon,
  );

export function Button({ variant, size, icon, className, ...rest }: ComponentProps<"button"> & Look) {
  const look = { ...(variant && { variant }), ...(size && { size }), ...(icon && { icon }) };
  return <button type="button" className={clsx(buttonClass(look), className)} {...rest} />;
}
