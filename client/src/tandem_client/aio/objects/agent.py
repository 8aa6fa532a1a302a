"""Methods of an agent."""


# Written by `make async-client` from objects/agent.py: change that one.

from __future__ import annotations

from typing import TYPE_CHECKING

from tandem_client.aio.binding import Bound

if TYPE_CHECKING:
    from tandem_client.aio.models import Dataset, Job
    from tandem_client.aio.resources.subsets import Subset
    from tandem_client.reviewing import ReviewPolicy


class AgentMethods(Bound):
    """Runs of an agent's version."""

    id: str
    project_id: str
    name: str
    version: int

    async def run(
        self,
        records: Dataset | Subset,
        *,
        name: str | None = None,
        limit: int | None = None,
        review_threshold: float | None = None,
        review_policy: ReviewPolicy | None = None,
        budget_usd: float | None = None,
    ) -> Job:
        """Run over a data set, a subset, or their first `limit` records; return the job, which runs on the server.

        Labels with a confidence below `review_threshold` go to people; `budget_usd` is a hard stop. Without a name the
        job is called after the agent and the data set or the subset.
        """
        dataset_id = getattr(records, "dataset_id", records.id)
        return await self.tandem.jobs.create(
            self.project_id,
            dataset_id=dataset_id,
            subset_id=None if dataset_id == records.id else records.id,
            agent_id=self.id,
            name=name or f"{self.name} {self.version} over {records.name}",
            limit=limit,
            review_threshold=review_threshold,
            review_policy=review_policy,
            budget_usd=budget_usd,
        )

    async def jobs(self) -> list[Job]:
        """Return the jobs of this version."""
        return [job for job in await self.tandem.jobs.list(self.project_id) if job.agent_id == self.id]
