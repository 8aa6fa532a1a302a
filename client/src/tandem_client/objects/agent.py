"""Methods of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tandem_client.binding import Bound

if TYPE_CHECKING:
    from tandem_client.models import Agent, Dataset, Job
    from tandem_client.notebook.prompt_widget import PromptEditor
    from tandem_client.resources.subsets import Subset
    from tandem_client.reviewing import ReviewPolicy


class AgentMethods(Bound):
    """Runs of an agent's version."""

    id: str
    project_id: str
    name: str
    version: int

    def run(
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
        return self.tandem.jobs.create(
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

    def edit(self, *, dataset: Dataset | None = None, limit: int = 2, height: int = 620) -> PromptEditor:
        """Return an editor of the templates for a notebook's cell; `notebook.prompt_editor` tells more."""
        from tandem_client.notebook import prompt_editor  # noqa: PLC0415 - for notebooks alone

        return prompt_editor(cast("Agent", self), dataset=dataset, limit=limit, height=height)

    def jobs(self) -> list[Job]:
        """Return the jobs of this version."""
        return [job for job in self.tandem.jobs.list(self.project_id) if job.agent_id == self.id]
