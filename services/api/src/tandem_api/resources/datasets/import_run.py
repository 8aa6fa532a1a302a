"""Settings of one import, and its state while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tandem.store.datasets.documents import ColumnsPart, DatasetDocument
from tandem.store.records.documents import ImportedOpinion
from tandem.store.records.writer import RecordWriter
from tandem_api.frames.arrow_rows import ArrowRows
from tandem_api.frames.columns import Columns, OtherTypeError, SeenTypes
from tandem_api.resources.datasets.duplicates import Duplicates
from tandem_api.resources.datasets.faults import EMPTY_TEXT, Faults
from tandem_api.resources.datasets.left_out import LeftOut
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.opinions import agreed
from tandem_api.resources.datasets.parsing.recognising import FileFormat, Packing
from tandem_api.resources.datasets.parsing.record_maker import Draft, RecordMaker
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, RowParser, SizeLimits
from tandem_api.resources.datasets.parsing.tools.recognised import Tool
from tandem_api.resources.datasets.parsing.translating import Translator
from tandem_api.resources.datasets.record_ids import MadeIds
from tandem_api.resources.datasets.schemas import OnDuplicate, OnSameContent

KEPT_MADE_IDS = 20


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The way the file is read, and the rule for rows that are there already."""

    parser: RowParser
    file_format: FileFormat
    packing: Packing | None
    mapping: ColumnMapping
    on_duplicate: OnDuplicate | None
    """None: such a row is a fault where rows bring their own ids, and skipped where ids are made."""
    on_same_content: OnSameContent
    tool: Tool | None = None
    """The annotation tool whose export it is; None: found out."""
    skip_empty: bool = False
    """True: rows without text are left out; else they are a fault."""


@dataclass
class ImportRun:
    """One import under way, from the first row on, when the file's columns are known."""

    dataset: DatasetDocument
    import_id: str
    mapping: ColumnMapping
    maker: RecordMaker
    duplicates: Duplicates
    made_ids: MadeIds
    left_out: LeftOut
    translator: Translator
    next_seq: int
    skip_empty: bool = False
    faults: Faults = field(default_factory=Faults)
    empty: int = 0
    """Rows without text that were left out."""
    opinions: int = 0
    """Number of opinions of another tool's annotators that were kept."""
    disagreed: int = 0
    """Records about which they said different things."""
    records: int = 0
    first_made: list[str] = field(default_factory=list)
    seen: SeenTypes = field(default_factory=SeenTypes)

    def drafts(self, rows: Sequence[Row]) -> list[Draft]:
        """Convert the rows up to the first fault, so that a duplicate before it is reported first; all faults are
        collected. Raises FileFaultError where reading on would tell nothing new."""
        drafts: list[Draft] = []
        for row in rows:
            plain = self.translator.row(row)
            self.left_out.see(plain.values)
            try:
                draft = self.maker.draft(plain)
            except FileFaultError as fault:
                if self.skip_empty and fault.code == EMPTY_TEXT:
                    self.empty += 1
                    continue
                self.faults.add(fault)
            else:
                if not self.faults.kept:
                    drafts.append(draft)
        return drafts

    @property
    def gold(self) -> dict[str, str]:
        """Task to the column, or the question of another tool, that its gold values come from."""
        return {**self.maker.opinions.tasks, **self.mapping.gold_columns}

    def added(self, draft: Draft, opinions: Sequence[ImportedOpinion]) -> None:
        """Record that a further line brought opinions on a record that is written."""
        self.opinions += len(draft.opinions)
        had = agreed(opinions[: len(opinions) - len(draft.opinions)])[1]
        self.disagreed += agreed(opinions)[1] and not had

    def took(self, rows: Sequence[tuple[Draft, str]]) -> None:
        """Record that these rows are written, with their ids."""
        if self.mapping.make_ids:
            self.first_made += [key for _, key in rows[: KEPT_MADE_IDS - len(self.first_made)]]
        self.opinions += sum(len(draft.opinions) for draft, _ in rows)
        self.disagreed += sum(draft.disagreed for draft, _ in rows)
        self.next_seq += len(rows)
        self.records += len(rows)

    def columns(self, parser: RowParser) -> ColumnsPart | None:
        """Return the columns of the data set with this import, None where they are not known. Raises FileFaultError."""
        before = self.dataset.get("columns")
        if before is None and self.dataset["fields"]:
            return None  # an earlier version imported records whose types it did not keep
        is_typed = isinstance(parser, ArrowRows)
        if isinstance(parser, ArrowRows):
            columns = parser.frame(self.mapping)
        else:
            columns = self.seen.columns(self.mapping.id_column or "record_id", self.mapping.text_columns)
        if before is not None:
            try:
                columns = Columns.of(before).joined(columns, strict=is_typed)
            except OtherTypeError as error:
                raise _other_type(error) from error
        return columns.part()


def begin(
    dataset: DatasetDocument,
    import_id: str,
    reading: ImportOptions,
    first: Row,
    *,
    records: RecordWriter,
    limits: SizeLimits,
) -> ImportRun:
    """Start the run, with the first row at hand. Raises FileFaultError where the columns are not the ones named."""
    columns, asked = reading.parser.columns, reading.mapping
    translator = Translator(asked, reading.tool if columns is None else Tool.NONE)
    first = translator.row(first)
    if columns is not None:
        asked.check(columns)
    mapping = asked.decided(first.values if columns is None else columns)
    if not asked.is_decided:
        _check_ids_as_before(dataset, mapping)
    first_seq = dataset["visible_below"]
    usual = OnDuplicate.SKIP if mapping.make_ids else OnDuplicate.ERROR
    maker = RecordMaker(
        mapping,
        limits,
        fields=dataset["fields"] or mapping.text_columns,
        by_header=columns is not None,
        ids_ignored=asked.make_ids,
        exact_ids=isinstance(reading.parser, ArrowRows),
    )
    duplicates = Duplicates(
        reading.on_duplicate or usual, reading.on_same_content, mapping.id_column, import_id, first_seq
    )
    made_ids = MadeIds(records, dataset["_id"], import_id, visible_below=first_seq)
    left_out = LeftOut(mapping)
    left_out.see(columns or ())
    run = ImportRun(dataset, import_id, mapping, maker, duplicates, made_ids, left_out, translator, first_seq)
    run.skip_empty = reading.skip_empty
    if isinstance(reading.parser, ArrowRows):
        run.columns(reading.parser)  # finds columns of other types before anything is written
    return run


def _other_type(error: OtherTypeError) -> FileFaultError:
    return FileFaultError(
        "other-type",
        f"Column {error.column!r} holds {error.has} in this frame, {error.had} in the data set.",
        cure=f"Convert the column to {error.had}, or add the frame to another data set.",
        column=error.column,
    )


def _check_ids_as_before(dataset: DatasetDocument, mapping: ColumnMapping) -> None:
    """Check that ids come from where they came before: the same rows with other ids would be other records, and be paid
    again. Raises FileFaultError."""
    if not dataset["fields"] or dataset.get("ids_made", False) == mapping.make_ids:
        return
    if mapping.make_ids:
        detail = "The data set's records have ids of their own; this file has no column that plainly holds any."
        cure = "Name the id column: id_column (--id-column). Or make ids from the content: make_ids=true (--make-ids)."
    else:
        detail = (
            "The ids of the data set's records were made from their content; "
            f"this file has a column {mapping.id_column!r}."
        )
        cure = (
            "Keep it so: make_ids=true (--make-ids). "
            f"Or use the column's ids: id_column={mapping.id_column} (--id-column)."
        )
    raise FileFaultError("other-ids", detail, cure=cure, column=mapping.id_column)
