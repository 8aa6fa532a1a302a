"""Read recorded answers of real models for the studies: each with the record it is about."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import NamedTuple

from tandem.testing.real_answers import AskedRecord, asked

EXCERPT = Path(__file__).parents[1] / "tests" / "unit" / "labeling" / "real_answers" / "answers.jsonl.gz"


class Asked(NamedTuple):
    record_id: str
    found: AskedRecord

    @property
    def value(self) -> str | None:
        """Return the label as text; None where none was read."""
        return None if self.found.label is None else str(self.found.label.value)

    @property
    def is_right(self) -> bool:
        return self.value is not None and self.value == self.found.gold


def corpus() -> list[Asked]:
    """Return the answers of the corpus that the command line names, else of the excerpt in the tree."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else EXCERPT
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        ids = [json.loads(line)["id"] for line in lines]
    return [Asked(*each) for each in zip(ids, asked(path), strict=True)]


def by_run(found: list[Asked]) -> dict[str, dict[str, Asked]]:
    """Return run to record to answer."""
    runs: dict[str, dict[str, Asked]] = {}
    for each in found:
        runs.setdefault(each.found.run, {})[each.record_id] = each
    return runs


def head(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |")
