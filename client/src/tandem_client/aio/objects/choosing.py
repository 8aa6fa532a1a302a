"""Choices of a data set's records, combined with `|`, `&`, `-` and `~`."""


# Written by `make async-client` from objects/choosing.py: change that one.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tandem_client.aio.resources.subsets import Subset, Subsets


from tandem_client.objects.choosing import _SIGNS, Operation


class Choice:
    """Records of a data set: a subset, what a condition finds, or a combination of these.

    `a | b` are those of either, `a & b` those of both, `a - b` those of the first alone, `~a` all others of the data
    set. Nothing is asked for until the combination is counted or saved.
    """

    dataset_id: str

    def definition_of(self) -> dict[str, Any]:
        """Return the choice as the API takes it as the definition of a subset."""
        raise NotImplementedError

    def __or__(self, other: Choice) -> Combined:
        return self._with("union", other)

    def __and__(self, other: Choice) -> Combined:
        return self._with("intersection", other)

    def __sub__(self, other: Choice) -> Combined:
        return self._with("difference", other)

    def __invert__(self) -> Combined:
        parts = [{"kind": "all"}, self.definition_of()]
        return Combined(self._saving(), self.dataset_id, "difference", parts, f"~{self.as_text()}")

    def as_text(self) -> str:
        """Return the choice as a person reads it."""
        raise NotImplementedError

    def _saving(self) -> Subsets:
        raise NotImplementedError

    def _with(self, operation: Operation, other: Choice) -> Combined:
        if not isinstance(other, Choice):
            return NotImplemented
        if other.dataset_id != self.dataset_id:
            raise ValueError("these are records of two data sets: combine choices of one")
        parts = [self.definition_of(), other.definition_of()]
        text = f"({self.as_text()} {_SIGNS[operation]} {other.as_text()})"
        return Combined(self._saving(), self.dataset_id, operation, parts, text)


class Combined(Choice):
    """A combination of choices. `str()` shows it; save it under a name to run an agent over it."""

    def __init__(
        self, subsets: Subsets, dataset_id: str, operation: Operation, parts: list[dict[str, Any]], text: str
    ) -> None:
        self._subsets = subsets
        self.dataset_id = dataset_id
        self._operation = operation
        self._parts = parts
        self._text = text

    def __str__(self) -> str:
        return self._text

    async def count(self) -> int:
        """Count the records that it selects now."""
        return await self._subsets.count(self.dataset_id, self.definition_of())

    async def save(self, name: str) -> Subset:
        """Save what it selects now as a subset of the data set."""
        return await self._subsets.create(self.dataset_id, name=name, definition=self.definition_of())

    def definition_of(self) -> dict[str, Any]:
        """Return the combination as the API takes it."""
        return {"kind": "combined", "operation": self._operation, "definitions": self._parts}

    def as_text(self) -> str:
        """Return the combination with signs and parentheses."""
        return self._text

    def _saving(self) -> Subsets:
        return self._subsets
