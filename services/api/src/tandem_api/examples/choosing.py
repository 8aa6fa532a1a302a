"""Choice of the verified records that are shown with a record. Pure, and the same for equal pools."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tandem.events import Example, LabelSchemaSpec, LabelTask, LabelValue, Span, options_of
from tandem.text.embeddings import Floats

MOST_BYTES = 64 * 1024
"""Bytes of the texts of the examples drawn for one record, at most."""
_AT_ONCE = 250
"""Records compared with the pool in one step."""
_SPARE = 4
"""Only this many times the wanted number of examples is sorted from the pool at first."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A record with the values that hold for it, as people decided."""

    dataset_id: str
    seq: int
    content_hash: str
    example: Example
    size: int
    """Bytes of the record's texts."""

    @property
    def rank(self) -> bytes:
        """Return a sort key that says nothing about the record and stays the same as others come and go."""
        return hashlib.blake2b(self.content_hash.encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class ExampleTarget:
    """The record that examples are drawn for."""

    dataset_id: str
    seq: int
    content_hash: str

    def is_in(self, other: Verified) -> bool:
        """Return whether the other is this very record, or another one of the same content."""
        same = (self.dataset_id, self.seq) == (other.dataset_id, other.seq)
        return same or self.content_hash == other.content_hash


class Balanced:
    """An equal number of each label of the task, in turns. The same for all records but those drawn, so that providers
    can cache the prompt up to the record."""

    def __init__(self, pool: Sequence[Verified], label_schema: LabelSchemaSpec, task: str | None) -> None:
        chosen = label_schema.task(task) if task is not None else _first_with_labels(label_schema)
        ordered = sorted(pool, key=lambda each: each.rank)
        self._by_label: list[list[Verified]] = [ordered]
        if chosen is not None:
            by_label = {option.value: list[Verified]() for option in options_of(chosen)}
            for each in ordered:
                for label in labels_in(each.example.values.get(chosen.name)):
                    if label in by_label:
                        by_label[label].append(each)
            self._by_label = [each for each in by_label.values() if each]

    def draw(self, wanted: ExampleTarget, count: int) -> list[Example]:
        return _within_bounds(self._in_turns(wanted), count)

    def _in_turns(self, wanted: ExampleTarget) -> Iterator[Verified]:
        lines = [(each for each in line if not wanted.is_in(each)) for line in self._by_label]
        taken: set[str] = set()
        while lines:
            going_on = []
            for line in lines:
                following = next((each for each in line if each.content_hash not in taken), None)
                if following is not None:
                    taken.add(following.content_hash)
                    going_on.append(line)
                    yield following
            lines = going_on


class Nearest:
    """The examples most like the record by the cosine of their embeddings, the most alike last, next to the record."""

    def __init__(self, pool: Sequence[Verified], vectors: Floats) -> None:
        """Set up the index. `vectors`: a row of length one for each record of the pool."""
        self._pool = pool
        self._vectors = vectors

    def draw(self, wanted: Sequence[ExampleTarget], vectors: Floats, count: int) -> list[list[Example]]:
        """Draw `count` examples for each of the records; `vectors` has a row of length one for each of them."""
        drawn: list[list[Example]] = []
        for start in range(0, len(wanted), _AT_ONCE):
            likeness = vectors[start : start + _AT_ONCE] @ self._vectors.T
            for record, row in zip(wanted[start : start + _AT_ONCE], likeness, strict=True):
                others = (each for at in _best_first(row, count) if not record.is_in(each := self._pool[at]))
                drawn.append(_within_bounds(others, count)[::-1])
        return drawn


def _best_first(likeness: Floats, count: int) -> Iterator[int]:
    """Yield the pool's indexes, the most alike first; equals in the pool's order."""
    few = min(len(likeness), _SPARE * count)
    best = np.argpartition(-likeness, few - 1)[:few]
    yield from map(int, best[np.lexsort((best, -likeness[best]))])
    seen = set(best.tolist())
    rest = np.argsort(-likeness, kind="stable")  # reached only where many of them were no examples
    yield from (int(at) for at in rest if int(at) not in seen)


def labels_in(value: LabelValue | None) -> tuple[str, ...]:
    """Return the labels that a value holds."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, tuple):
        return tuple(part.label if isinstance(part, Span) else part for part in value)
    return ()


def _within_bounds(found: Iterable[Verified], count: int) -> list[Example]:
    chosen: list[Example] = []
    size = 0
    for each in found:
        if len(chosen) == count:
            break
        if size + each.size <= MOST_BYTES:
            size += each.size
            chosen.append(each.example)
    return chosen


def _first_with_labels(label_schema: LabelSchemaSpec) -> LabelTask | None:
    return next((task for task in label_schema.tasks if options_of(task)), None)
