"""Few-shot examples of one job's records, drawn when the records are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.events import Example
from tandem.store.jobs.documents import JobDocument, job_published
from tandem.store.records.documents import RecordDocument
from tandem_api.examples.pool import ExamplePools


class JobExamples:
    """Draws examples for one job. Where none can be drawn though the agent wants some, the job goes on without them and
    says so."""

    def __init__(self, pools: ExamplePools, notice: str | None) -> None:
        self._pools = pools
        self.notice = notice
        """Reason why the records asked for last have no examples; None when they have, or none are wanted."""

    async def draw(self, job: JobDocument, records: Sequence[RecordDocument]) -> Mapping[int, tuple[Example, ...]]:
        """Draw the examples of each record; return them by seq. Raises StoreUnavailableError."""
        if not records or job["published"]["agent"].get("drawn_examples") is None:
            return {}
        published = job_published(job)
        agent, label_schema = published.agent, published.label_schema
        drawn, self.notice = await self._pools.draw(published.project_id, agent, label_schema, records)
        return drawn
