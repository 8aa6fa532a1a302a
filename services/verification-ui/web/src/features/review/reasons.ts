import type { Tone } from "@/components/badge";
import type { ReviewItem } from "@/lib/api/types";

interface Why {
  word: string;
  tone: Tone;
  /** The whole sentence, for the tooltip. */
  sentence: string;
}

/** Why a person should see this item. */
export function why(item: ReviewItem): Why {
  switch (item.reason) {
    case "low_confidence":
      return { word: "Low confidence", tone: "warn", sentence: "The model was less sure than this job asks for." };
    case "no_confidence":
      return { word: "No confidence", tone: "neutral", sentence: "The model gave a label but nothing that says how sure it was." };
    case "invalid":
      return { word: "Unreadable answer", tone: "warn", sentence: "The model answered, but no label could be read from it." };
    case "failed":
      return { word: "Model failed", tone: "bad", sentence: "No usable answer came back from the model." };
  }
}
