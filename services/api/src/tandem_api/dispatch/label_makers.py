"""Labels that are made of other jobs' annotations, where no model needs to be asked.

A maker says of a block of records what each is labeled with. It must say the same whenever it is asked, up to what
changed in the sources meanwhile: what was written first holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tandem.events import JobKind, ReadyLabels
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.documents import RecordDocument


@dataclass(frozen=True, slots=True)
class MadeLabels:
    """The labels of one record, with the provider and model that gave them, empty for the job's own."""

    ready: ReadyLabels
    provider: str = ""
    model: str = ""


class LabelMaker(Protocol):
    """Makes the labels of one kind of job."""

    async def make(self, job: JobDocument, records: Sequence[RecordDocument]) -> Mapping[int, MadeLabels]:
        """Make the labels of each record; return them by seq. Where they lack a task, the reason is set: the record's
        model is called if the job has one, else the record ends as invalid for that reason. Raises
        StoreUnavailableError."""
        ...


LabelMakers = Mapping[JobKind, LabelMaker]
