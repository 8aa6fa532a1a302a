import { memo } from "react";

import styles from "@/ui/visible-text.module.css";
import { seen } from "@/lib/visible";

/** A text in which characters that are not seen stand as grey signs. */
export const VisibleText = memo(function VisibleText({ text }: { text: string }) {
  return seen(text).map((piece, index) =>
    "text" in piece ? (
      piece.text
    ) : (
      <span key={index} className={styles.sign} title={piece.name} dir="ltr">
        {piece.sign}
      </span>
    ),
  );
});
