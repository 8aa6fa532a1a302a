"""Looks at the first rows of a file, before it is imported."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from tandem_api.resources.datasets.guessing import ColumnLook, Guess, guessed, looked_at
from tandem_api.resources.datasets.importing import collected
from tandem_api.resources.datasets.left_out import LeftOut
from tandem_api.resources.datasets.parsing.file_opening import Opened
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.record_maker import Draft, RecordMaker
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
from tandem_api.resources.datasets.parsing.translating import Translator
from tandem_api.resources.datasets.record_ids import made_id
from tandem_api.resources.datasets.schemas import ImportPreview, PreviewColumn, PreviewFault, PreviewRecord

LOOKED_AT = 500
SHOWN = 10
_SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class ImportPreviewRequest:
    """Options of an import that is to be previewed, as the caller gave them."""

    mapping: ColumnMapping
    names_texts: bool
    """False: no text column is named, so it is guessed."""
    tool: Tool | None
    tasks: Sequence[str]
    """Names of the tasks that gold may be of."""
    is_cut: bool
    """True: only the beginning of the file was sent."""


async def previewed(opened: Opened, asked: ImportPreviewRequest, limits: SizeLimits) -> ImportPreview:
    """Return what an import of the file would make of its first rows. Raises FileFaultError where it has none."""
    rows, fault, is_whole = await _first_rows(opened, asked.is_cut)
    parser = opened.parser
    if not rows:
        raise fault or FileFaultError("empty-file", "The file has no rows.", cure="Send at least one row.")
    translator = Translator(asked.mapping, asked.tool if parser.columns is None else Tool.NONE)
    plain = [translator.row(row) for row in rows]
    looks = looked_at([row.values for row in plain], parser.columns or ())
    guess = guessed(looks, asked.tasks)
    mapping = _mapping(asked, guess, has_said=any(row.said for row in plain))
    mapping = mapping.decided(parser.columns if parser.columns is not None else plain[0].values)
    maker = RecordMaker(mapping, limits, fields=mapping.text_columns, by_header=parser.columns is not None)
    drafts: list[Draft] = []
    faults = []
    left_out = LeftOut(mapping)
    for row in plain:
        left_out.see(row.values)
        try:
            drafts.append(maker.draft(row))
        except FileFaultError as wrong:
            faults.append(wrong)
    faults += [] if fault is None else [fault]
    return ImportPreview(
        file_format=opened.file_format,
        packing=opened.packing,
        delimiter=parser.delimiter,
        tool=translator.tool if translator.tool is not Tool.NONE else None,
        rows_seen=len(rows),
        is_whole=is_whole,
        columns=[_column(look, mapping) for look in looks.values()],
        id_column=mapping.id_column,
        text_columns={name: mapping.column_of(name) for name in mapping.text_columns},
        gold={**maker.opinions.tasks, **mapping.gold_columns},
        left_out=[*left_out.names, *translator.left_out, *maker.opinions.unknown],
        records=[_record(draft) for draft in drafts[:SHOWN]],
        faults=[_fault(wrong) for wrong in faults[:_SHOWN_FAULTS]],
        fault_count=len(faults),
    )


def _mapping(asked: ImportPreviewRequest, guess: Guess, *, has_said: bool) -> ColumnMapping:
    """Return what was asked, with the guesses where nothing was."""
    mapping = asked.mapping
    if not asked.names_texts and guess.text_column is not None:
        mapping = replace(mapping, text_columns=("text",), text_sources={"text": guess.text_column})
    if not mapping.gold_columns and not has_said:
        texts = {mapping.column_of(name) for name in mapping.text_columns}
        gold = {task: column for task, column in guess.gold.items() if column not in texts}
        kinds = {task: mapping.tasks[task] for task in gold if task in mapping.tasks}
        mapping = replace(mapping, gold_columns=gold, gold_kinds=kinds)
    return mapping


async def _first_rows(opened: Opened, is_cut: bool) -> tuple[list[Row], FileFaultError | None, bool]:
    """Return the first rows, the fault that ended them, and whether they are all of the file's rows."""
    rows: list[Row] = []
    fault: FileFaultError | None = None
    try:
        async for chunk in opened.chunks:
            some, fault = collected(opened.parser.feed(chunk))
            rows += some
            if fault is not None or len(rows) > LOOKED_AT:
                break
        else:
            if opened.parser.is_spooled or not is_cut:
                some, fault = collected(islice(opened.parser.finish(), LOOKED_AT + 1 - len(rows)))
                rows += some
    except FileFaultError as broken:
        fault = broken
    return rows[:LOOKED_AT], fault, not is_cut and fault is None and len(rows) <= LOOKED_AT


def _column(look: ColumnLook, mapping: ColumnMapping) -> PreviewColumn:
    uses: dict[str, Collection[str | None]] = {
        "id": {mapping.id_column},
        "text": {mapping.column_of(name) for name in mapping.text_columns},
        "gold": set(mapping.gold_columns.values()),
        "metadata": set(mapping.wanted()["metadata_columns"]),
    }
    use = next((use for use, columns in uses.items() if look.name in columns), None)
    return PreviewColumn(
        name=look.name,
        kind=look.kind,
        filled=look.filled,
        examples=look.examples,
        use=use or ("metadata" if mapping.keeps_others else "left out"),
    )


def _record(draft: Draft) -> PreviewRecord:
    return PreviewRecord(
        record_id=draft.own_id or made_id(draft.content_hash, 1),
        fields=draft.fields,
        metadata=draft.metadata,
        gold=draft.gold or None,
        imported_opinions=[dict(one) for one in draft.opinions] or None,
    )


def _fault(fault: FileFaultError) -> PreviewFault:
    where: dict[str, Any] = {"row": fault.row, "line": fault.line, "column": fault.column}
    return PreviewFault(**where, type=fault.code, detail=fault.detail, cure=fault.cure)
