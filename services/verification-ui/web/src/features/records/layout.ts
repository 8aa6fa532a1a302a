import { useMemo } from "react";

import { preference, usePreference, type Preference } from "@/lib/preference";

/** Which columns are shown, in which order and how wide; kept in the browser for each label schema. */
export interface Layout {
  order: string[];
  shown: Record<string, boolean>;
  widths: Record<string, number>;
}

const empty: Layout = { order: [], shown: {}, widths: {} };
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const only = <Value>(given: unknown, fits: (value: unknown) => value is Value): Record<string, Value> =>
  isRecord(given) ? Object.fromEntries(Object.entries(given).filter((entry): entry is [string, Value] => fits(entry[1]))) : {};

export function readLayout(kept: unknown): Layout {
  if (!isRecord(kept)) return empty;
  return {
    order: Array.isArray(kept.order) ? kept.order.filter((id): id is string => typeof id === "string") : [],
    shown: only(kept.shown, (value): value is boolean => typeof value === "boolean"),
    widths: only(kept.widths, (value): value is number => typeof value === "number" && value >= 40 && value <= 2000),
  };
}

const opened = new Map<string, Preference<Layout>>();

export function useLayout(labelSchemaId: string): [Layout, (layout: Layout) => void] {
  const kept = useMemo(() => {
    const found = opened.get(labelSchemaId) ?? preference(`tandem-columns:${labelSchemaId}`, readLayout);
    opened.set(labelSchemaId, found);
    return found;
  }, [labelSchemaId]);
  return [usePreference(kept), kept.set];
}

/** All ids in the order that was chosen; those that it does not name stand where they stood beside their neighbour. */
export function ordered(ids: readonly string[], order: readonly string[]): string[] {
  const known = order.filter((id) => ids.includes(id));
  const found = [...known];
  ids.forEach((id, index) => {
    if (found.includes(id)) return;
    const before = ids[index - 1];
    found.splice(before === undefined ? 0 : found.indexOf(before) + 1, 0, id);
  });
  return found;
}

/** The order with a column moved to the place of another one. */
export function moved(order: readonly string[], id: string, to: string): string[] {
  const rest = order.filter((other) => other !== id);
  const place = rest.indexOf(to) + (order.indexOf(id) < order.indexOf(to) ? 1 : 0);
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}
