import clsx from "clsx";
import { Eye } from "lucide-react";

import { reasons, whyLine } from "@/domain/desk/reasons";
import styles from "@/features/review/answers.module.css";
import type { ReviewItem, ReviewPolicy } from "@/lib/api/types";
import { count } from "@/lib/format";

/** Why the item is here; while somebody looks ahead, how far. As high as two lines, whatever it says. */
export function WhyLine({ item, policy, ahead }: { item: ReviewItem; policy: ReviewPolicy | null; ahead: number }) {
  if (ahead > 0) {
    return (
      <p className={clsx(styles.why, styles.ahead)}>
        <Eye size={16} aria-hidden="true" />
        <span>
          <b>Looking ahead: {count(ahead)} further.</b> Nothing is decided here; Escape goes back.
        </span>
      </p>
    );
  }
  const { word, tone, sentence } = whyLine(item, policy);
  const Icon = reasons[item.reason].icon;
  return (
    <p className={clsx(styles.why, styles[tone])} title={sentence}>
      <Icon size={16} aria-hidden="true" />
      <span>
        <b>{word}.</b> {sentence}
      </span>
    </p>
  );
}
