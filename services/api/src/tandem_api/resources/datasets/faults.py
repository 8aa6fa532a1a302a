"""The faults of a file's rows: all are counted, the first ones kept, so that a file is mended in one go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tandem_api.resources.datasets.parsing.rows import FileFaultError

MOST_KEPT = 1000
EMPTY_TEXT = "missing-text"
_NAMED_ROWS = 10
_AT_ONCE = {"no-such-column", "mixed-ids", "other-ids", "other-fields", "no-such-sheet"}
"""Faults that are the same in every row: reading on would tell nothing new."""


@dataclass
class Faults:
    """Collects faults in the order of the rows."""

    kept: list[FileFaultError] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    empty_rows: list[int] = field(default_factory=list)

    def add(self, fault: FileFaultError) -> None:
        """Keep or count the fault. Raises the first one where reading on tells nothing new, or too many were found."""
        self.counts[fault.code] += 1
        if fault.code == EMPTY_TEXT and fault.row is not None and len(self.empty_rows) < _NAMED_ROWS:
            self.empty_rows.append(fault.row)
        if len(self.kept) < MOST_KEPT:
            self.kept.append(fault)
        if fault.code in _AT_ONCE or self.count - self.counts[EMPTY_TEXT] >= MOST_KEPT:
            self.end()

    def end(self, last: FileFaultError | None = None) -> None:
        """Raise the first fault, if there is any; `last` is one that ended the file."""
        if last is not None and not self.kept:
            raise last
        if last is not None:
            self.counts[last.code] += 1
            self.kept.append(last)
        if self.kept:
            raise self.first()

    @property
    def count(self) -> int:
        return self.counts.total()

    def first(self) -> FileFaultError:
        """Return the first fault, which carries all of them and says how many there are."""
        first = self.kept[0]
        detail, cure = first.detail, first.cure
        empty = self.counts[EMPTY_TEXT]
        if first.code == EMPTY_TEXT and empty > 1:
            rows = ", ".join(f"{row:,}" for row in self.empty_rows) + (" …" if empty > len(self.empty_rows) else "")
            detail = f"{detail} So it is in {empty:,} rows: {rows}."
        if others := self.count - (empty if first.code == EMPTY_TEXT else 1):
            detail = f"{detail} {others:,} more {'row has a fault' if others == 1 else 'rows have faults'}."
        whole = FileFaultError(
            first.code, detail, cure=cure, row=first.row, line=first.line, column=first.column, byte=first.byte
        )
        whole.all_faults, whole.count = tuple(self.kept), self.count
        return whole
