import { useEffect, useMemo, useRef } from "react";

import { MarkedText, unitAt, type Mark } from "@/domain/marked-text";
import { pickOneOf, select, unitsOf, type SpanEditor } from "@/domain/tasks/span/span-editing";
import { colorOf } from "@/domain/label-colors";
import { nameIn } from "@/domain/label-values";

interface Props {
  /** Of the tasks whose spans lie in this field. */
  editors: readonly SpanEditor[];
  /** The task whose spans the pointer makes and changes. */
  active: SpanEditor;
  className?: string | undefined;
  onActivate: (editor: SpanEditor) => void;
}

/**
 * A field of the record with its spans. Dragging marks whole words (with Alt: exactly what was dragged over), a press
 * on a span picks it; while a label is armed, a press on a word labels it.
 */
export function SpanText({ editors, active, className, onActivate }: Props) {
  const root = useRef<HTMLParagraphElement>(null);
  const pointer = useRef({ touch: false, dragged: false });
  const { text } = active.ground.offsets;
  const marks = useMemo(() => editors.flatMap((editor) => marksOf(editor, editor === active)), [editors, active]);

  const latest = useRef({ active, onActivate });
  useEffect(() => {
    latest.current = { active, onActivate };
  });
  useEffect(() => {
    const selected = () => {
      const range = window.getSelection()?.rangeCount ? window.getSelection()?.getRangeAt(0) : undefined;
      if (!root.current || !range) return null;
      const start = unitAt(root.current, range.startContainer, range.startOffset);
      const end = unitAt(root.current, range.endContainer, range.endOffset);
      return start === null || end === null ? null : { start, end };
    };
    const press = (event: PointerEvent) => {
      pointer.current = { touch: event.pointerType !== "mouse", dragged: false };
    };
    const release = (event: MouseEvent) => {
      const { active, onActivate } = latest.current;
      if (event.button !== 0) return;
      if (pointer.current.touch) {
        const unit = root.current && unitUnder(root.current, event);
        if (unit !== null) active.apply((state, ground) => (state.armed === null ? state : select(state, ground, ground.words.at(unit))));
        return;
      }
      const stretch = selected();
      if (!stretch) return;
      const plain = event.target instanceof Element && root.current?.contains(event.target) && !event.target.closest("mark");
      if (stretch.start < stretch.end) {
        pointer.current.dragged = true;
        window.getSelection()?.removeAllRanges();
        onActivate(active);
        active.apply((state, ground) => select(state, ground, event.altKey ? stretch : ground.words.snap(stretch)));
      } else if (plain) {
        onActivate(active);
        active.apply((state, ground) => select(state, ground, state.armed === null ? null : ground.words.at(stretch.start)));
      }
    };
    // A finger's selection is drawn by the system and can still be moved; a label is picked below.
    const change = () => {
      const stretch = pointer.current.touch ? selected() : null;
      if (!stretch || stretch.start === stretch.end) return;
      const { active, onActivate } = latest.current;
      onActivate(active);
      active.apply((state, ground) => select(state, ground, ground.words.snap(stretch), false));
    };
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("mouseup", release);
    document.addEventListener("selectionchange", change);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("mouseup", release);
      document.removeEventListener("selectionchange", change);
    };
  }, []);

  const pick = (ids: string[]) => {
    if (pointer.current.dragged) return;
    const owns = (editor: SpanEditor) => editor.state.spans.some((_, index) => ids.includes(idOf(editor, index)));
    const editor = owns(active) ? active : editors.find(owns);
    if (!editor) return;
    onActivate(editor);
    editor.apply((state) => pickOneOf(state, ids.flatMap((id) => state.spans.filter((_, index) => id === idOf(editor, index)))));
  };

  return <MarkedText ref={root} text={text} marks={marks} selection={active.state.selection} className={className} onPick={pick} />;
}

/** The place in the text under a finger that was lifted; null beside the text and on a span. */
function unitUnder(root: HTMLElement, { target, clientX, clientY }: MouseEvent): number | null {
  if (!(target instanceof Element) || !root.contains(target) || target.closest("mark")) return null;
  const caret = document.caretPositionFromPoint(clientX, clientY);
  return caret && unitAt(root, caret.offsetNode, caret.offset);
}

const idOf = ({ ground }: SpanEditor, index: number): string => `${ground.task.name}\n${index}`;

function marksOf(editor: SpanEditor, isActive: boolean): Mark[] {
  const { ground, state } = editor;
  const { options } = ground.task;
  return state.spans.map((span, index) => ({
    ...unitsOf(ground, span),
    id: idOf(editor, index),
    color: colorOf(options, span.label),
    name: nameIn(options, span.label),
    look: state.picked === span ? "picked" : isActive ? undefined : "faded",
  }));
}
