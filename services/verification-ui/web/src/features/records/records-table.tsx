import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";

import type { Column } from "@/features/records/columns";
import { moved, ordered, type Layout } from "@/features/records/layout";
import styles from "@/features/records/records-table.module.css";
import { nextOrder } from "@/features/records/records-view";
import { isSelected, toggle, withRange, type Selection } from "@/features/records/selection";
import type { FoundRecord } from "@/lib/api/types";
import { Skeleton } from "@/ui/skeleton";

export const rowHeight = 36;
/** Rows before the end at which the next page is asked for. */
const ahead = 60;

interface Props {
  rows: readonly FoundRecord[];
  columns: Column[];
  layout: Layout;
  onLayout: (layout: Layout) => void;
  order: string;
  onOrder: (order: string) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  /** The record that is open beside the table. */
  openSeq: number | null;
  onOpen: (seq: number) => void;
  /** Whether rows are missing at the end. */
  more: boolean;
  loading: boolean;
  onMore: () => void;
  /** Left out for people who only read. */
  selectable: boolean;
}

/** All records, of which only the rows in sight are there. Arrows move, Space selects, Enter opens. */
export function RecordsTable(props: Props) {
  const { rows, columns, layout, onLayout, order, selection, onSelection, openSeq, onOpen, more, loading, onMore, selectable } = props;
  const ground = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const columnOrder = useMemo(() => ordered(columns.map(({ id }) => id), layout.order), [columns, layout.order]);
  const shownColumns = useMemo(() => columnOrder.flatMap((id) => columns.find((column) => column.id === id && (layout.shown[id] ?? !column.extra)) ?? []), [columnOrder, columns, layout.shown]);
  const look = useMemo(() => shownColumns.map((column) => ({ column, width: layout.widths[column.id] ?? column.width })), [shownColumns, layout.widths]);
  const virtual = useVirtualizer({
    count: rows.length + (more ? 1 : 0),
    getScrollElement: () => ground.current,
    estimateSize: () => rowHeight,
    overscan: 20,
    scrollPaddingStart: rowHeight,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !loading && last >= rows.length - ahead) onMore();
  }, [more, loading, last, rows.length, onMore]);

  const go = (to: number, event: { shiftKey: boolean }) => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    if (event.shiftKey && selectable) onSelection(withRange(selection, rows, anchor.current, index));
    else anchor.current = index;
    setActive(index);
    virtual.scrollToIndex(index);
    const row = rows[index];
    if (openSeq !== null && row) onOpen(row.seq);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || rows.length === 0 || event.altKey) return;
    const row = rows[active];
    const page = Math.max(1, Math.floor((ground.current?.clientHeight ?? 400) / rowHeight) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -active, End: rows.length };
    const step = steps[event.key];
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "a" || !selectable) return;
      onSelection({ all: true, some: new Map() });
    } else if (step !== undefined) go(active + step, event);
    else if (event.key === " " && row && selectable) {
      anchor.current = active;
      onSelection(toggle(selection, row));
    } else if (event.key === "Enter" && row) onOpen(row.seq);
    else return;
    event.preventDefault();
  };
  const press = (index: number, event: MouseEvent, isBox: boolean) => {
    const row = rows[index];
    if (!row) return;
    setActive(index);
    ground.current?.focus({ preventScroll: true });
    if (event.shiftKey && selectable) {
      onSelection(withRange(selection, rows, anchor.current, index));
      return;
    }
    anchor.current = index;
    if (isBox || event.ctrlKey || event.metaKey) onSelection(toggle(selection, row));
    else onOpen(row.seq);
  };

  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  const onPress = useCallback((index: number, event: MouseEvent, isBox: boolean) => latest.current(index, event, isBox), []);

  const width = look.reduce((sum, { width }) => sum + width, selectable ? 40 : 12);
  const shown = rows[active];
  return (
    <div
      ref={ground}
      className={styles.ground}
      role="grid"
      aria-label="Records"
      aria-rowcount={more ? -1 : rows.length + 1}
      aria-colcount={look.length + (selectable ? 1 : 0)}
      aria-multiselectable={selectable}
      aria-activedescendant={shown && items.some(({ index }) => index === active) ? `record-${shown.seq}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={styles.head} role="row" aria-rowindex={1} style={{ minWidth: width }}>
        {selectable && (
          <span className={styles.box} role="columnheader" aria-colindex={1}>
            <input
              type="checkbox"
              aria-label="Select all that match"
              checked={selection.all}
              ref={(box) => {
                if (box) box.indeterminate = !selection.all && selection.some.size > 0;
              }}
              onChange={(event) => onSelection({ all: event.currentTarget.checked, some: new Map() })}
            />
          </span>
        )}
        {look.map(({ column, width }, index) => (
          <Head
            key={column.id}
            column={column}
            width={width}
            index={index + (selectable ? 2 : 1)}
            order={order}
            onOrder={props.onOrder}
            onWidth={(next) => onLayout({ ...layout, widths: { ...layout.widths, [column.id]: Math.max(60, Math.min(1200, next)) } })}
            onDropped={(id) => onLayout({ ...layout, order: moved(columnOrder, id, column.id) })}
          />
        ))}
      </div>
      <div className={styles.rows} role="presentation" style={{ height: virtual.getTotalSize(), minWidth: width }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (!row) {
            return (
              <div key="more" className={styles.row} role="row" style={{ transform: `translateY(${start}px)` }}>
                <span className={styles.cell} role="gridcell" style={{ width: 420 }}>
                  <Skeleton width="60%" />
                </span>
              </div>
            );
          }
          return (
            <RecordRow
              key={row.seq}
              row={row}
              index={index}
              start={start}
              selectable={selectable}
              selected={isSelected(selection, row.seq)}
              active={index === active}
              open={row.seq === openSeq}
              look={look}
              onPress={onPress}
            />
          );
        })}
      </div>
    </div>
  );
}

type Look = readonly { column: Column; width: number }[];

interface RowProps {
  row: FoundRecord;
  index: number;
  start: number;
  selectable: boolean;
  selected: boolean;
  active: boolean;
  open: boolean;
  look: Look;
  onPress: (index: number, event: MouseEvent, isBox: boolean) => void;
}

/** A row is drawn anew when something of it changes; what a press does is the same for all of them. */
const RecordRow = memo(
  function RecordRow({ row, index, start, selectable, selected, active, open, look, onPress }: RowProps) {
    return (
      <div
        id={`record-${row.seq}`}
        className={clsx(styles.row, active && styles.active, selected && styles.selected, open && styles.open)}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={selectable ? selected : undefined}
        style={{ transform: `translateY(${start}px)` }}
        onClick={(event) => onPress(index, event, event.target instanceof Element && event.target.closest("[data-box]") !== null)}
      >
        {selectable && (
          <span className={styles.box} role="gridcell" data-box="">
            <span className={styles.tick} aria-hidden="true" data-on={selected || undefined} />
          </span>
        )}
        {look.map(({ column, width }) => (
          <span key={column.id} className={clsx(styles.cell, column.id === "text" && styles.wide)} role="gridcell" style={{ width }}>
            {column.cell(row)}
          </span>
        ))}
      </div>
    );
  },
  (before, now) => Object.entries(now).every(([name, value]) => Object.is(value, before[name as keyof RowProps])),
);

interface HeadProps {
  column: Column;
  width: number;
  index: number;
  order: string;
  onOrder: (order: string) => void;
  onWidth: (width: number) => void;
  /** Another column was put on this one. */
  onDropped: (id: string) => void;
}

const dragged = "text/x-tandem-column";

function Head({ column: { id, title, sort }, width, index, order, onOrder, onWidth, onDropped }: HeadProps) {
  const direction = sort === undefined ? undefined : order === sort ? "ascending" : order === `-${sort}` ? "descending" : "none";
  const begin = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      className={clsx(styles.title, id === "text" && styles.wide)}
      role="columnheader"
      aria-colindex={index}
      aria-sort={direction}
      style={{ width }}
      draggable
      onDragStart={(event) => event.dataTransfer.setData(dragged, id)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        const from = event.dataTransfer.getData(dragged);
        if (from && from !== id) onDropped(from);
      }}
    >
      {sort === undefined ? (
        <span className={styles.name}>{title}</span>
      ) : (
        <button type="button" className={styles.sort} onClick={() => onOrder(nextOrder(order, sort))}>
          <span className={styles.name}>{title}</span>
          {direction === "ascending" && <ArrowUp size={13} aria-hidden="true" />}
          {direction === "descending" && <ArrowDown size={13} aria-hidden="true" />}
        </button>
      )}
      <span
        className={styles.grip}
        role="separator"
        aria-orientation="vertical"
        aria-label={`Width of ${title}`}
        aria-valuenow={width}
        aria-valuemin={60}
        aria-valuemax={1200}
        tabIndex={0}
        draggable
        onDragStart={(event) => {
          event.preventDefault(); // the edge is moved, not the column
          event.stopPropagation();
        }}
        onPointerDown={(event) => {
          begin.current = { x: event.clientX, width };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => begin.current && onWidth(begin.current.width + event.clientX - begin.current.x)}
        onPointerUp={() => (begin.current = null)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
          event.preventDefault();
          onWidth(width + (event.key === "ArrowRight" ? 16 : -16));
        }}
      />
    </span>
  );
}
