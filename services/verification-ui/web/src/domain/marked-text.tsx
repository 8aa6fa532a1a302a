import clsx from "clsx";
import { useMemo, type CSSProperties, type Ref } from "react";

import styles from "@/domain/marked-text.module.css";
import { visible } from "@/lib/visible";
import type { Stretch } from "@/domain/words";

/** A stretch of the text that carries a label, in UTF-16 units. */
export interface Mark extends Stretch {
  id: string;
  color: string;
  name: string;
  look?: "picked" | "faded" | undefined;
}

interface Props {
  text: string;
  marks: readonly Mark[];
  selection?: Stretch | null;
  className?: string | undefined;
  ref?: Ref<HTMLParagraphElement>;
  /** The marks under the pointer, the shortest first. */
  onPick?: ((ids: string[]) => void) | undefined;
  tabIndex?: number | undefined;
}

/** A text with labeled stretches in their colours; stretches that overlap are underlined one below the other. */
export function MarkedText({ text, marks, selection = null, className, ref, onPick, tabIndex }: Props) {
  const pieces = useMemo(() => cut(text, marks, selection), [text, marks, selection]);
  return (
    <p ref={ref} className={clsx(styles.text, className)} dir="auto" tabIndex={tabIndex}>
      {pieces.map((piece) => (
        <Piece key={piece.start} piece={piece} onPick={onPick} />
      ))}
      {text === "" && "(empty)"}
    </p>
  );
}

interface Part extends Stretch {
  text: string;
  /** The shortest first. */
  marks: (Mark & { lane: number })[];
  selected: boolean;
}

function Piece({ piece: { text, start, end, marks, selected }, onPick }: { piece: Part; onPick: Props["onPick"] }) {
  const [top] = marks;
  if (!top) {
    return (
      <span data-at={start} className={clsx(selected && styles.selected)}>
        {visible(text)}
      </span>
    );
  }
  const lines = marks.map(({ color }) => `linear-gradient(${color}, ${color})`);
  const style = {
    "--label": top.color,
    backgroundImage: lines.join(", "),
    backgroundPosition: marks.map(({ lane }) => `0 calc(100% - ${lane * 4}px)`).join(", "),
    paddingBottom: 2 + Math.max(...marks.map(({ lane }) => lane)) * 4,
  } as CSSProperties;
  return (
    <>
      <mark
        data-at={start}
        style={style}
        title={marks.map(({ name }) => name).join(", ")}
        className={clsx(
          styles.mark,
          top.look && styles[top.look],
          selected && styles.selected,
          marks.some((mark) => mark.start === start) && styles.first,
          marks.some((mark) => mark.end === end) && styles.last,
          onPick && styles.pickable,
        )}
        onClick={onPick && (() => onPick(marks.map(({ id }) => id)))}
      >
        {visible(text)}
      </mark>
      {marks
        .filter((mark) => mark.end === end)
        .map((mark) => (
          <span key={mark.id} className={styles.tag} style={{ "--label": mark.color } as CSSProperties} aria-hidden="true">
            {mark.name}
          </span>
        ))}
    </>
  );
}

/** The text cut where a mark or the selection begins or ends. */
function cut(text: string, marks: readonly Mark[], selection: Stretch | null): Part[] {
  const lanes = inLanes(marks);
  const places = new Set([0, text.length, ...lanes.flatMap(({ start, end }) => [start, end]), ...(selection ? [selection.start, selection.end] : [])]);
  const cuts = [...places].filter((place) => place >= 0 && place <= text.length).sort((one, other) => one - other);
  return cuts.slice(0, -1).map((start, index) => {
    const end = cuts[index + 1] ?? text.length;
    return {
      start,
      end,
      text: text.slice(start, end),
      marks: lanes.filter((mark) => mark.start <= start && mark.end >= end).sort((one, other) => one.end - one.start - (other.end - other.start)),
      selected: selection !== null && selection.start <= start && selection.end >= end,
    };
  });
}

/** Each mark with the lowest lane that no mark it overlaps stands in; longer ones below. */
function inLanes(marks: readonly Mark[]): (Mark & { lane: number })[] {
  const placed: (Mark & { lane: number })[] = [];
  for (const mark of [...marks].sort((one, other) => one.end - one.start - (other.end - other.start))) {
    const taken = new Set(placed.filter((other) => other.start < mark.end && mark.start < other.end).map(({ lane }) => lane));
    let lane = 0;
    while (taken.has(lane)) lane++;
    placed.push({ ...mark, lane });
  }
  // Lane 0 is the lowest line: turn around, so that the shortest mark stands nearest to its text.
  const most = Math.max(0, ...placed.map(({ lane }) => lane));
  return placed.map((mark) => ({ ...mark, lane: most - mark.lane }));
}

/** The place in the text, in UTF-16 units, of a boundary point of the document; null outside of the text. */
export function unitAt(root: HTMLElement, node: Node, offset: number): number | null {
  if (!root.contains(node)) return null;
  const point = document.createRange();
  point.setStart(node, offset);
  point.collapse(true);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let unit = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    const at = text.parentElement?.dataset.at;
    if (at === undefined) continue; // a tag
    if (text === node) return Number(at) + offset;
    if (point.comparePoint(text, text.length) > 0) break;
    unit = Number(at) + text.length;
  }
  return unit;
}
