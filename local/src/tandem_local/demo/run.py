"""The demo's run: project, label schema, data set, agent, job; then follow the job and summarize it.

Started again, it finds by name what is there and goes on with an unfinished job in place of a second one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tandem_client import Agent, Dataset, Job, LabelSchema, Project, Tandem
from tandem_client.cli.rollback import Rollback, rollback
from tandem_client.resources.jobs import OnProgress
from tandem_local.demo.data import DemoData
from tandem_local.demo.summary import Summary, summarize
from tandem_local.stack.model import StackModel

TASK = "label"
PROJECT = "Demo"
HARDLY_BETTER = 1.1
"""A multiple of the probability of choosing the right label by chance."""


@dataclass(frozen=True)
class Demo:
    """Options of a demo run: what to label, with which model; `limit` takes only the first records."""

    data: DemoData
    model: StackModel
    broker: str
    limit: int | None = None

    @property
    def review_threshold(self) -> float | None:
        """Return the threshold for the offline annotator; None for any other model.

        The annotator is never sure of much: only what is hardly better than chance goes to a person.
        """
        return HARDLY_BETTER / len(self.data.labels) if self.model.base_url is None else None

    def start(self, tandem: Tandem, *, say: Callable[[str], None]) -> Job:
        """Make what is missing; return the job, running or over."""
        with rollback(tandem) as made:
            project = made.project(PROJECT, description="Made by `tandem demo`.")
            dataset = self._dataset(tandem, made, project, say)
        schema = tandem.label_schemas.create_single_choice(
            project.id, name=TASK, labels=self.data.labels, question=self.data.question
        )
        agent = self._agent(tandem, project, schema)
        return self._job(tandem, project, dataset, agent, say)

    def follow(self, tandem: Tandem, job: Job, *, on_progress: OnProgress) -> Summary:
        """Wait for the end of the job, then count."""
        job = tandem.jobs.wait(job.id, on_progress=on_progress)
        return summarize(job, tandem.jobs.report(job.id), task=TASK, broker=self.broker)

    def _dataset(self, tandem: Tandem, made: Rollback, project: Project, say: Callable[[str], None]) -> Dataset:
        name = f"{self.data.name} ({self.data.fingerprint()})"
        dataset = made.dataset(project, name)
        if dataset.record_count == 0:
            take = tandem.datasets.import_jsonl if self.data.is_jsonl else tandem.datasets.import_csv
            result = take(
                dataset.id,
                self.data.file,
                text_columns=self.data.text_columns,
                id_column=self.data.id_column,
                gold_column=self.data.gold_column,
                gold_task=TASK if self.data.gold_column else None,
                encoding=self.data.encoding,
            )
            ids = f"those of the column {result.id_column!r}" if result.id_column else "made of the rows' content"
            say(f"Imported {result.records:,} records from {self.data.file.name}; their ids are {ids}.")
        return tandem.datasets.get(dataset.id)

    def _agent(self, tandem: Tandem, project: Project, schema: LabelSchema) -> Agent:
        wanted = (self.model.provider, self.model.name, schema.id)
        for agent in tandem.agents.list(project.id):
            if (agent.provider, agent.model, agent.label_schema_id) == wanted:
                return agent
        return tandem.agents.create(
            project.id,
            name=self.model.name,
            provider=self.model.provider,
            model=self.model.name,
            label_schema_id=schema.id,
        )

    def _job(self, tandem: Tandem, project: Project, dataset: Dataset, agent: Agent, say: Callable[[str], None]) -> Job:
        size = min(self.limit or dataset.record_count, dataset.record_count)
        for job in tandem.jobs.list(project.id):
            if (job.dataset_id, job.agent_id, job.size) != (dataset.id, agent.id, size) or job.state == "cancelled":
                continue
            if job.state == "completed":
                say(f"The job {job.name} is complete already; these are its results.")
            else:
                say(f"Continuing the job {job.name}: {job.counts.ended:,} of {job.size:,} records are finished.")
            return tandem.jobs.resume(job.id) if job.state == "paused" else job
        return tandem.jobs.create(
            project.id,
            dataset_id=dataset.id,
            agent_id=agent.id,
            name=f"{self.data.name} with {agent.name}",
            limit=self.limit,
            review_threshold=self.review_threshold,
        )
