/** What of a job's records is looked at; lives in the address. */
export interface RecordsView {
  /** The expression of the API; left out: all records. */
  where?: string;
  order?: string;
  /** The seq of the record that is open. */
  record?: number;
}

export function readRecordsView(search: Record<string, unknown>): RecordsView {
  const text = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value : undefined);
  const [where, order] = [text(search.where), text(search.order)];
  return {
    ...(where !== undefined && { where }),
    ...(order !== undefined && order !== "seq" && { order }),
    ...(Number.isInteger(search.record) && Number(search.record) >= 0 && { record: Number(search.record) }),
  };
}

/** The order after the head of a column was pressed: upwards, downwards, as they came. */
export function nextOrder(order: string, column: string): string {
  if (order === column) return `-${column}`;
  return order === `-${column}` ? "seq" : column;
}
