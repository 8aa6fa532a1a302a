"""Rows that an import may skip: their id, or their content, is there already."""

from __future__ import annotations

from dataclasses import dataclass, field

from tandem.store.records.writer import ExistingKey
from tandem_api.resources.datasets.parsing.record_maker import Draft
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, place
from tandem_api.resources.datasets.schemas import OnDuplicate, OnSameContent

KEPT_SKIPPED_IDS = 20


@dataclass
class Duplicates:
    """The rule for duplicate rows, and how many there were in one import."""

    on_duplicate: OnDuplicate
    on_same_content: OnSameContent
    id_column: str | None
    """The column of ids; None where ids are made."""
    import_id: str
    first_seq: int
    """The seq of the import's first record."""
    ids: int = 0
    contents: int = 0
    skipped: int = 0
    changed: int = 0
    """Number of the skipped rows that differ from the stored record of their id in fields, metadata or gold."""
    skipped_ids: list[str] = field(default_factory=list)

    def same_id(self, draft: Draft, key: str, stored: ExistingKey | None, earlier_row: int | None) -> None:
        """Skip a row whose id exists. Raises FileFaultError where the import does not allow that."""
        self.ids += 1
        row = draft.row
        if self.on_duplicate is OnDuplicate.SKIP:
            self.changed += stored is not None and not stored.says(draft.content_hash, draft.metadata, draft.gold)
            self._skip(key)
            return
        if stored is not None and stored.import_id == self.import_id and not self.skipped:
            earlier_row = stored.seq - self.first_seq + 1  # nothing was skipped, so rows are seqs
        where = f"row {earlier_row} of this file" if earlier_row else "the data set"
        own = "Make ids unique, have them made of the content: make_ids=true (--make-ids), or have"
        raise FileFaultError(
            "duplicate-id",
            f"{place(row.number, row.line, self.id_column)}: the id {key!r} is in {where} already.",
            cure=f"{'Have' if self.id_column is None else own} such rows left out: on_duplicate=skip "
            "(--skip-duplicates).",
            row=row.number,
            line=row.line,
            column=self.id_column,
        )

    def same_content(self, row: Row, key: str, other: str) -> None:
        """Skip a row whose fields equal those of the record with the id `other`. Raises FileFaultError where the import
        does not allow that."""
        self.contents += 1
        if self.on_same_content is OnSameContent.SKIP:
            self._skip(key)
            return
        raise FileFaultError(
            "same-content",
            f"{place(row.number, row.line)}: its fields are those of the record {other!r}.",
            cure="Remove the row, or import with on_same_content=skip to leave such rows out, or keep to import them.",
            row=row.number,
            line=row.line,
        )

    @property
    def looks_at_content(self) -> bool:
        return self.on_same_content is not OnSameContent.KEEP

    def _skip(self, key: str) -> None:
        self.skipped += 1
        if len(self.skipped_ids) < KEPT_SKIPPED_IDS:
            self.skipped_ids.append(key)
