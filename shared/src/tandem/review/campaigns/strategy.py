"""Strategies of campaigns: a strategy picks the records of a block of annotations that people should review. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict

from tandem.events import LabelSchemaSpec, ReviewCause, ReviewReason
from tandem.events.schema import LabelTask
from tandem.quality.comparing import common_tasks


class Candidate(TypedDict):
    """An annotation as strategies see it: its current attempt, and what became of it in review."""

    seq: int
    record_id: str
    attempt: int
    outcome: str
    labels: Sequence[Mapping[str, Any]]
    """`TaskLabel`s, plain."""
    needs_review: bool
    campaign_id: str
    """The campaign that asked for a person; it says nothing unless `needs_review`."""
    is_decided: bool
    """True: a person has given an opinion that stands."""


@dataclass(frozen=True, slots=True)
class AnnotationBlock:
    """A stretch of the records of a campaign."""

    jobs: Sequence[Mapping[int, Candidate]]
    """Annotations of the stretch by seq, for each job of the campaign, in its order."""

    @property
    def seqs(self) -> list[int]:
        """Return the seqs that have an annotation in one of the jobs, ascending."""
        return sorted(set().union(*self.jobs))

    def of(self, seq: int) -> list[Candidate | None]:
        """Return the annotations of a record, one for each job."""
        return [job.get(seq) for job in self.jobs]


@dataclass(frozen=True, slots=True)
class Pick:
    """A record that people should look at. The greater `priority` (0 to 1) is, the sooner it is served."""

    seq: int
    reason: ReviewReason
    causes: tuple[ReviewCause, ...] = ()
    priority: float = 0.0


@dataclass(frozen=True, slots=True)
class CampaignScope:
    """Properties of a campaign that its strategy sees beside the annotations of a block."""

    jobs: tuple[str, ...]
    schemas: tuple[LabelSchemaSpec, ...] = ()
    """The label schema of each job."""
    key: str = ""
    """Secret of the campaign; draws are made with it (see `drawing`)."""
    labeled: Iterable[int] = field(default=())
    """The labeled seqs of the first job within the selection; only for strategies that say `needs_labeled`."""

    @property
    def tasks(self) -> list[LabelTask]:
        """Return the tasks that all jobs have, as the first job has them."""
        return common_tasks([schema.tasks for schema in self.schemas])[0]


class Parameters(BaseModel):
    """Parameters of a strategy, as users give them. Subclasses describe each field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def against(self) -> tuple[str, ...]:
        """Return the other jobs whose annotations the strategy reads."""
        return ()

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return the parameters that cannot be changed once the campaign exists."""
        return ()

    def problem(self, scope: CampaignScope) -> tuple[str, str] | None:  # noqa: ARG002 - for subclasses
        """Return the parameter that is wrong for these jobs and one sentence why; None when all are right."""
        return None


Picker = Callable[[AnnotationBlock], Iterable[Pick]]
P_contra = TypeVar("P_contra", bound=Parameters, contravariant=True)


class MakePicker(Protocol[P_contra]):
    def __call__(self, parameters: P_contra, scope: CampaignScope, /) -> Picker: ...


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to pick records. `picker` is called once for a walk, what it returns once for each block.

    The same parameters, scope and block always give the same picks: a walk may be repeated at any time.
    """

    name: str
    title: str
    """Title for people, one line."""
    parameters: type[Parameters]
    picker: MakePicker[Any]
    needs_ended_jobs: bool
    """True: the picks are known only when all jobs have ended."""
    needs_labeled: bool = False
    """True: the strategy reads `CampaignScope.labeled`."""
