"""Queries over the seqs of a selection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tandem.jobs import Selection

BLOCK = 10_000
"""Seqs of a set that one query names."""


def seq_queries(within: Selection | None) -> Iterator[dict[str, Any]]:
    """Yield conditions on `seq` that match all selected seqs together, in ascending order: one for a range, or for all
    seqs when None; one a block for a set."""
    if within is None:
        yield {"$gte": 0}
    elif within.is_range:
        yield {"$gte": within.from_seq, "$lt": within.below_seq}
    else:
        for block in within.blocks(BLOCK):
            if block.seqs is None:
                yield {"$gte": block.from_seq, "$lt": block.below_seq}
            else:
                yield {"$in": list(block.seqs)}
