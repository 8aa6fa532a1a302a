import type { Tone } from "@/ui/badge";
import type { ReviewItem, ReviewReason } from "@/lib/api/types";

interface Why {
  word: string;
  tone: Tone;
  /** The whole sentence, for the tooltip. */
  sentence: string;
}

const reasons: Record<ReviewReason, Why> = {
  blind: { word: "Read first", tone: "neutral", sentence: "Give your own answer first; what the model said is shown afterwards." },
  low_confidence: { word: "Low confidence", tone: "warn", sentence: "The model was less sure than this job asks for." },
  no_confidence: { word: "No confidence", tone: "neutral", sentence: "The model gave a label but nothing that says how sure it was." },
  invalid: { word: "Unreadable answer", tone: "warn", sentence: "The model answered, but no label could be read from it." },
  failed: { word: "Model failed", tone: "bad", sentence: "No usable answer came back from the model." },
  disagreement: { word: "Agents differ", tone: "accent", sentence: "Other jobs gave this record another label, and somebody asked for a look." },
  audit: { word: "Audit", tone: "accent", sentence: "The record was drawn at random, whatever its label." },
};

/** Why a person should see this item. */
export const why = (item: ReviewItem): Why => reasons[item.reason];

/** Why a person should look at one of several tasks; null where the task is not why the item is here. */
export function whyOf(item: ReviewItem, task: string): Why | null {
  const cause = item.causes.find((each) => each.task === task);
  return cause ? reasons[cause.reason] : null;
}
