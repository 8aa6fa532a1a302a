import { CircleHelp, Dices, EyeOff, Gauge, ListChecks, type LucideIcon, OctagonAlert, Scale, TriangleAlert } from "lucide-react";

import { suggestionOf } from "@/domain/desk/draft";
import { nameIn, optionsOf, questionOf } from "@/domain/label-values";
import { thresholdOf } from "@/domain/review-policy";
import type { ReviewItem, ReviewPolicy, ReviewReason } from "@/lib/api/types";
import { percent } from "@/lib/format";
import type { Tone } from "@/ui/badge";

interface Why {
  word: string;
  tone: Tone;
  icon: LucideIcon;
  /** The whole sentence, for the tooltip. */
  sentence: string;
}

export const reasons: Record<ReviewReason, Why> = {
  blind: { icon: EyeOff, word: "Read first", tone: "neutral", sentence: "Give your own answer first; what the model said is shown afterwards." },
  low_confidence: { icon: Gauge, word: "Low confidence", tone: "warn", sentence: "The model was less sure than this job asks for." },
  no_confidence: { icon: CircleHelp, word: "No confidence", tone: "neutral", sentence: "The model gave a label but nothing that says how sure it was." },
  invalid: { icon: TriangleAlert, word: "Unreadable answer", tone: "warn", sentence: "The model answered, but no label could be read from it." },
  failed: { icon: OctagonAlert, word: "Model failed", tone: "bad", sentence: "No usable answer came back from the model." },
  disagreement: { icon: Scale, word: "Agents differ", tone: "accent", sentence: "Other jobs gave this record another label, and somebody asked for a look." },
  audit: { icon: Dices, word: "Audit", tone: "accent", sentence: "The record was drawn at random, whatever its label." },
  chosen: { icon: ListChecks, word: "Chosen", tone: "accent", sentence: "Somebody chose this record for a look." },
};

/** Why a person should look at one of several tasks; null where the task is not why the item is here. */
export function whyOf(item: ReviewItem, task: string): Why | null {
  const cause = item.causes.find((each) => each.task === task);
  return cause ? reasons[cause.reason] : null;
}

/** Why a person should see this item, in one sentence with the figures that matter. */
export function whyLine(item: ReviewItem, policy: ReviewPolicy | null): { word: string; tone: Tone; sentence: string } {
  const { word, tone, sentence } = reasons[item.reason];
  if (item.reason === "invalid" || item.reason === "failed") return { word, tone, sentence: item.detail ?? sentence };
  const causes = item.causes.filter((cause) => cause.reason === item.reason);
  const task = item.tasks.find(({ name }) => name === causes[0]?.task) ?? (item.tasks.length === 1 ? item.tasks[0] : undefined);
  const suggestion = task && suggestionOf(item, task);
  if (item.reason !== "low_confidence" || !task || suggestion?.confidence == null) return { word, tone, sentence };
  const threshold = thresholdOf(policy, task.name);
  const subject = item.tasks.length > 1 ? `${questionOf(task)} ` : "";
  const asked = threshold === null ? "" : `, this job asks for ${percent(threshold)}`;
  const runnerUp = second(suggestion.probabilities ?? {});
  const margin = runnerUp && suggestion.margin != null && suggestion.margin < 0.2 ? `; ${points(suggestion.margin)} ahead of ${nameIn(optionsOf(task), runnerUp)}` : "";
  const more = causes.length > 1 ? `; ${causes.length - 1} more below` : "";
  return { word, tone, sentence: `${subject}${percent(suggestion.confidence)} sure${asked}${margin}${more}.` };
}

const points = (margin: number): string => `${Math.max(1, Math.round(margin * 100))} ${Math.round(margin * 100) > 1 ? "points" : "point"}`;
const second = (probabilities: Record<string, number>): string | undefined => Object.entries(probabilities).sort(([, one], [, other]) => other - one)[1]?.[0];
