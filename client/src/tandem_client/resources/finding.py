"""Find: records of a data set or a job that a condition matches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from tandem_client.expressions import Condition
from tandem_client.models import Annotation
from tandem_client.objects.choosing import Choice
from tandem_client.resources.subsets import Subset, Subsets
from tandem_client.transport import Transport


class FoundAnnotation(Annotation):
    """An annotation; `verification` is what people decided, where it holds."""

    verification: dict[str, Any] | None = None


class FoundRecord(BaseModel):
    """A record with the tests that made it match; `annotation` is None where it was not run in the job."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    seq: int
    record_id: str
    excerpt: str | None = None
    matched: list[str] = []
    annotation: FoundAnnotation | None = None


class FoundCount(BaseModel):
    """A count; where it is not exact there are at least so many, and `text` says so, as in "10,000+"."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    records: int
    exact: bool
    text: str


class FoundPage(BaseModel):
    """A page. Where it is `stopped`, time ran out before it was full, and `next` goes on from there.

    `blind` records were left out because the caller is still to read them without knowing their labels.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    where: str
    items: list[FoundRecord]
    next: str | None = None
    count: FoundCount | None = None
    scanned: int
    stopped: bool
    blind: int = 0


class ConfidenceBins(BaseModel):
    """Numbers of records by lowest confidence, in equal parts of 0 to 1; each counts up to `most` where that is set.

    `whole_job`: all records of the job are counted, since no index holds what the condition reads.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    bins: list[int]
    most: int | None = None
    whole_job: bool
    blind: int = 0


class Found(Choice):
    """Records that a condition matches. Nothing is asked for until it is iterated over, counted or saved."""

    def __init__(
        self,
        transport: Transport,
        subsets: Subsets,
        where: Condition | str,
        *,
        dataset_id: str,
        job_id: str | None,
        order: str,
    ) -> None:
        self._http = transport
        self._subsets = subsets
        self.dataset_id = dataset_id
        self._job_id = job_id
        self._order = order
        self.where = str(where)
        """The condition in its text form."""

    def page(self, *, after: str | None = None, limit: int = 100, count: str = "none") -> FoundPage:
        """Return one page; `count` is none, quick (exact up to 10,000) or exact."""
        body = {"where": self.where, "order": self._order, "after": after, "limit": limit, "count": count}
        if self._job_id is None:
            return FoundPage.model_validate(self._http.ask(f"/datasets/{self.dataset_id}/find", body))
        return FoundPage.model_validate(self._http.ask(f"/jobs/{self._job_id}/find", body))

    def __iter__(self) -> Iterator[FoundRecord]:
        """Iterate over all that matches, page by page."""
        after: str | None = None
        while True:
            page = self.page(after=after)
            yield from page.items
            if (after := page.next) is None:
                return

    def count(self, *, exact: bool = False) -> FoundCount:
        """Count what matches: exactly up to 10,000, or all of it."""
        count = self.page(limit=0, count="exact" if exact else "quick").count
        if count is None:
            raise ValueError("the server did not count")
        return count

    def confidences(self) -> ConfidenceBins:
        """Count what matches by its lowest confidence. Raises ValueError for records of a data set."""
        if self._job_id is None:
            raise ValueError("the records of a data set have no confidence: find in one of its jobs")
        body = {"where": self.where}
        return ConfidenceBins.model_validate(self._http.ask(f"/jobs/{self._job_id}/find/confidences", body))

    def save(self, name: str) -> Subset:
        """Save what matches now as a subset of the data set."""
        return self._subsets.create(self.dataset_id, name=name, definition=self.definition_of())

    def definition_of(self) -> dict[str, Any]:
        """Return the condition as the definition of a subset."""
        found = {"kind": "found", "where": self.where}
        return found if self._job_id is None else found | {"job_id": self._job_id}

    def as_text(self) -> str:
        """Return the condition in its text form."""
        return f"({self.where})"

    def _saving(self) -> Subsets:
        return self._subsets


class Finding:
    def __init__(self, transport: Transport, subsets: Subsets) -> None:
        self._http = transport
        self._subsets = subsets

    def in_dataset(self, dataset_id: str, where: Condition | str) -> Found:
        """Find records of a data set, by id, text and metadata."""
        return Found(self._http, self._subsets, where, dataset_id=dataset_id, job_id=None, order="seq")

    def in_job(self, job_id: str, where: Condition | str, *, dataset_id: str, order: str = "seq") -> Found:
        """Find records of a job over the data set, also by what became of them.

        `order`: seq, confidence, decided, state, or label.TASK; with a minus in front descending.
        """
        return Found(self._http, self._subsets, where, dataset_id=dataset_id, job_id=job_id, order=order)
