"""The data set or job that an expression is evaluated over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tandem.finding import And, Contains, Expression, Field, Matches, Subject, leaves, matches, requires_annotation
from tandem.jobs import Selection
from tandem.store.annotations.filters import filter_of
from tandem.store.finding.orders import ANY


@dataclass(frozen=True, slots=True)
class Scope:
    """A data set or a job, with an expression held against it. Make one with `tandem.web.scopes`."""

    dataset_id: str
    job_id: str | None
    within: Selection
    expression: Expression
    seqs: dict[str, int]
    """Seqs of the records that the expression names by id."""
    others: tuple[str, ...]
    """Jobs that the expression compares with."""
    tasks: tuple[Mapping[str, Any], ...]
    """The tasks of the job's label schema, plain."""
    blind: Selection
    """Records that are left out, because what matches would tell the caller their labels."""

    @property
    def reads_records(self) -> bool:
        """Return whether the expression reads texts or metadata."""
        return any(
            isinstance(each, Contains | Matches) or getattr(each, "field", None) is Field.METADATA
            for each in leaves(self.expression)
        )

    @property
    def by_annotation(self) -> bool:
        """Return whether all that matches has an annotation in the job, so that it is found by the annotations."""
        if self.job_id is None:
            return False
        if requires_annotation(self.expression):
            return True
        return self.in_query and not self.matches_without_annotation

    @property
    def in_query(self) -> bool:
        """Return whether MongoDB decides about every annotation."""
        return self.job_id is not None and filter_of(self.expression, self.seqs).exact

    @property
    def matches_without_annotation(self) -> bool:
        """Return whether a record without an annotation matches, where the expression reads annotations alone."""
        return matches(self.expression, Subject(""))

    def narrowed(self, expression: Expression) -> Scope:
        """Return the scope of what matches this expression too."""
        if self.expression == ANY:
            return replace(self, expression=expression)
        return replace(self, expression=And(of=(self.expression, expression)))
