/** The records that a bulk act is for: some, by seq, or all that match. */
export interface Selection {
  all: boolean;
  /** Seq to the user's own id. */
  some: ReadonlyMap<number, string>;
}

export const nothing: Selection = { all: false, some: new Map() };

interface Row {
  seq: number;
  record_id: string;
}

export const isSelected = (selection: Selection, seq: number): boolean => selection.all || selection.some.has(seq);

export function toggle(selection: Selection, row: Row): Selection {
  // "All that match" has no exceptions: the selection begins anew with this record.
  if (selection.all) return { all: false, some: new Map([[row.seq, row.record_id]]) };
  const some = new Map(selection.some);
  if (!some.delete(row.seq)) some.set(row.seq, row.record_id);
  return { all: false, some };
}

/** Adds the rows between two places, both included. */
export function withRange(selection: Selection, rows: readonly Row[], from: number, to: number): Selection {
  const some = new Map(selection.all ? [] : selection.some);
  for (const row of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) some.set(row.seq, row.record_id);
  return { all: false, some };
}

/** The most records that are named one by one. */
export const mostNamed = 10_000;
