import { preference } from "@/lib/preference";

/** How records are set. */
export interface Reading {
  /** Of the record's text, in px; null: by its length. */
  size: number | null;
  dense: boolean;
}

export const smallest = 14;
export const largest = 28;

export function readReading(kept: unknown): Reading {
  const { size = null, dense = false } = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  const fits = typeof size === "number" && size >= smallest && size <= largest;
  return { size: fits ? size : null, dense: dense === true };
}

export const readingPreference = preference("tandem.review.reading", readReading);
