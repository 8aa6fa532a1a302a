"""Methods of a project: its data sets, label schemas, agents and jobs, without its id in each call."""


# Written by `make async-client` from objects/project.py: change that one.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tandem_client.aio.binding import Bound
from tandem_client.errors import TandemError

if TYPE_CHECKING:
    from tandem_client.aio.client import AsyncTandem
    from tandem_client.aio.models import Agent, Dataset, Job
    from tandem_client.models import LabelSchema
    from tandem_client.tasks import LabelOption, MultipleChoice, Number, SingleChoice, Spans, Text


from tandem_client.objects.project import _offers


class ProjectMethods(Bound):
    """The parts of a project."""

    id: str

    @property
    def datasets(self) -> ProjectDatasets:
        return ProjectDatasets(self.tandem, self.id)

    @property
    def schemas(self) -> ProjectSchemas:
        return ProjectSchemas(self.tandem, self.id)

    @property
    def agents(self) -> ProjectAgents:
        return ProjectAgents(self.tandem, self.id)

    @property
    def jobs(self) -> ProjectJobs:
        return ProjectJobs(self.tandem, self.id)


class _Part:
    def __init__(self, tandem: AsyncTandem, project_id: str) -> None:
        self._tandem = tandem
        self._project_id = project_id


class ProjectDatasets(_Part):
    async def add(
        self,
        frame: Any,
        *,
        name: str = "frame",
        text: str | Sequence[str] | Mapping[str, str],
        id: str | None = None,  # noqa: A002 - what the column is called nearly always
        metadata: Literal["*"] | Sequence[str] = (),
        gold: Mapping[str, str] | None = None,
        label_schema_id: str | None = None,
        make_ids: bool = False,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
    ) -> Dataset:
        """Add a frame's rows to the data set of this name, which is made where there is none; return the data set.

        `Dataset.add` tells the parameters. Running it again with `on_duplicate="skip"` adds only new rows.
        """
        dataset = await self.find(name) or await self.create(name)
        await dataset.add(
            frame,
            text=text,
            id=id,
            metadata=metadata,
            gold=gold,
            label_schema_id=label_schema_id,
            make_ids=make_ids,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
        )
        return await self._tandem.datasets.get(dataset.id)

    async def create(self, name: str) -> Dataset:
        return await self._tandem.datasets.create(self._project_id, name=name)

    async def list(self) -> list[Dataset]:
        return await self._tandem.datasets.list(self._project_id)

    async def find(self, name: str) -> Dataset | None:
        """Find the data set of this name or id, or None."""
        return await self._tandem.datasets.find(self._project_id, name)


class ProjectSchemas(_Part):
    async def create(
        self, name: str, tasks: Sequence[SingleChoice | MultipleChoice | Spans | Number | Text]
    ) -> LabelSchema:
        """Create a schema of these tasks, or its next version; an equal one is returned as it is."""
        return await self._tandem.label_schemas.create(self._project_id, name=name, tasks=tasks)

    async def single_choice(self, name: str, labels: Sequence[str | LabelOption], *, question: str = "") -> LabelSchema:
        """Create a schema of one single choice, named like the schema."""
        return await self._tandem.label_schemas.create_single_choice(
            self._project_id, name=name, labels=labels, question=question
        )

    async def list(self) -> list[LabelSchema]:
        return await self._tandem.label_schemas.list(self._project_id)

    async def find(self, name: str, *, version: int | None = None) -> LabelSchema | None:
        """Find the version of the schema of this name (the latest when None), or None."""
        return await self._tandem.label_schemas.find(self._project_id, name, version=version)

    async def history(self, name: str) -> Sequence[LabelSchema]:
        """Return all versions of the schema of this name, oldest first."""
        return sorted((each for each in await self.list() if each.name == name), key=lambda each: each.version)


class ProjectAgents(_Part):
    async def create(
        self, name: str, *, schema: LabelSchema, model: str | None = None, provider: str | None = None, **more: Any
    ) -> Agent:
        """Create a new version of the agent of this name.

        `model` and `provider` may be left out where the operators offer one. `more` are the parameters of
        `tandem.agents.create`: parameters, templates, examples, confidence strategy, fallback. Raises TandemError.
        """
        offers = await self._tandem.access.providers()
        offer = next((each for each in offers if provider in (None, each.name) and _offers(each.models, model)), None)
        if offer is not None and model is None:
            model = offer.default_model or next(iter(offer.models), None)
        if offer is None or model is None:
            known = "; ".join(f"{each.name}: {', '.join(each.models) or 'any model'}" for each in offers) or "none"
            raise TandemError(
                "No such model",
                type="no-such-model",
                detail=f"No provider offers the model {model or '(none named)'!r}",
                cure=f"Name a model of one of these providers: {known}.",
            )
        return await self._tandem.agents.create(
            self._project_id, name=name, provider=offer.name, model=model, label_schema_id=schema.id, **more
        )

    async def list(self, *, model: str | None = None) -> list[Agent]:
        """Return all versions of all agents, or those of one model."""
        return [each for each in await self._tandem.agents.list(self._project_id) if model in (None, each.model)]

    async def find(self, name: str) -> Agent | None:
        """Find the latest version of the agent of this name, or None."""
        return max(
            (each for each in await self.list() if each.name == name), key=lambda each: each.version, default=None
        )


class ProjectJobs(_Part):
    async def list(self, *, agent: Agent | None = None) -> list[Job]:
        """Return the project's jobs, or those of one agent's version."""
        return [
            job for job in await self._tandem.jobs.list(self._project_id) if agent is None or job.agent_id == agent.id
        ]

    async def find(self, name: str) -> Job | None:
        """Find the job of this name or id, or None."""
        return next((job for job in await self.list() if name in (job.name, job.id)), None)
