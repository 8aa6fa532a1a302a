"""Operations on agents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from tandem.events import AgentSpec, DrawnExamples, LabelSchemaSpec
from tandem.jobs import Selection
from tandem.labeling.prompts import PromptError, default_templates
from tandem.people import Caller
from tandem.rendering.pool import RendererPool
from tandem.store.agents.documents import AgentDocument, agent_spec
from tandem.store.agents.reader import AgentReader
from tandem.store.agents.writer import AgentWriter
from tandem.store.database import NameTakenError, utcnow
from tandem.store.datasets.reader import DatasetReader
from tandem.store.jobs.reader import JobReader
from tandem.store.label_schemas.documents import LabelSchemaDocument, label_schema_spec
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import Problem, differs_by_case, not_found
from tandem.web.invalid_content import FieldProblem
from tandem_api.paging import cut, decode_cursor
from tandem_api.planning.tryouts.schemas import Tryout, TryRequest
from tandem_api.planning.tryouts.service import Trial, TryoutService
from tandem_api.resources.agents.calling import calling_problems
from tandem_api.resources.agents.confidence import stated_problems, strategy_problems
from tandem_api.resources.agents.examples import drawn_problems, example_problems, in_one_form
from tandem_api.resources.agents.parameters import parameters_of
from tandem_api.resources.agents.previewing import Previewer
from tandem_api.resources.agents.schemas import (
    Agent,
    AgentCreate,
    AgentPage,
    DraftPreview,
    PreviewedPrompts,
    PreviewRequest,
)
from tandem_api.resources.agents.template_checks import (
    field_problems,
    fingerprint,
    problem_of,
    record_problems,
    template_problems,
)
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.projects.service import ProjectService
from tandem_api.resources.providers.service import ProviderService

TRIES = 5
"""Attempts to choose a version number when another caller took it first."""


class AgentService:
    def __init__(
        self,
        *,
        reader: AgentReader,
        writer: AgentWriter,
        label_schemas: LabelSchemaReader,
        records: RecordReader,
        review_items: ReviewItemReader,
        projects: ProjectService,
        datasets: DatasetService,
        dataset_reader: DatasetReader,
        jobs: JobReader,
        providers: ProviderService,
        previewer: Previewer,
        tryouts: TryoutService,
        renderers: RendererPool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._label_schemas = label_schemas
        self._records = records
        self._review_items = review_items
        self._projects = projects
        self._datasets = datasets
        self._dataset_reader = dataset_reader
        self._jobs = jobs
        self._providers = providers
        self._previewer = previewer
        self._tryouts = tryouts
        self._renderers = renderers

    async def create(self, project_id: str, body: AgentCreate, caller: Caller) -> tuple[Agent, bool]:
        """Create the version; return it and True, or the latest one and False when it is equal. All problems are
        reported together."""
        await self._projects.reachable(project_id, caller)
        wanted = await self._checked(project_id, body, caller)
        for remaining in reversed(range(TRIES)):
            latest = await self._reader.latest(project_id, body.name)
            if latest is not None and latest["fingerprint"] == wanted["fingerprint"]:
                return Agent.of(latest), False
            if latest is None and (other := await self._reader.in_other_case(project_id, body.name)) is not None:
                raise differs_by_case("agent", body.name, other)
            document = wanted.copy()
            document["version"] = latest["version"] + 1 if latest else 1
            try:
                await self._writer.insert(document)
            except NameTakenError:
                if not remaining:
                    raise
                continue
            return Agent.of(document), True
        raise AssertionError("unreachable")

    async def _built(self, project_id: str, body: AgentCreate) -> tuple[AgentSpec, LabelSchemaDocument]:
        """Build the requested agent, with its label schema. All problems are reported together."""
        problems: list[FieldProblem] = []
        if problem := self._providers.problem_with(body.provider, body.model):
            problems.append(problem)
        problems += calling_problems(body, self._providers)
        problems += strategy_problems(body)
        schema = await self._label_schemas.get(body.label_schema_id)
        if schema is None or schema["project_id"] != project_id:
            problems.append(
                FieldProblem(
                    field="label_schema_id",
                    detail=f"The project has no label schema {body.label_schema_id!r}.",
                    cure="Make one, or use the id of one that it has.",
                )
            )
            raise _all_of(problems)
        label_schema = label_schema_spec(schema)
        problems += stated_problems(body, label_schema)
        system, user = default_templates(label_schema)
        spec = AgentSpec(
            agent_id=uuid4().hex,
            version=1,
            name=body.name,
            provider=body.provider,
            model=body.model,
            parameters=parameters_of(body, label_schema),
            system_template=system if body.system_template is None else body.system_template,
            user_template=user if body.user_template is None else body.user_template,
            examples=in_one_form(body.examples, label_schema),
            drawn_examples=body.drawn_examples,
            confidence_strategy=body.confidence_strategy,
            repair=body.repair,
            fallback=body.fallback,
            fingerprint="",
        )
        problems += await template_problems(spec, label_schema, self._renderers)
        problems += example_problems(spec.examples, label_schema)
        if body.drawn_examples is not None:
            problems += await self._drawn_problems(project_id, body.drawn_examples, label_schema)
        if problems:
            raise _all_of(problems)
        return spec, schema

    async def _checked(self, project_id: str, body: AgentCreate, by: Caller) -> AgentDocument:
        spec, schema = await self._built(project_id, body)
        return {
            "_id": spec.agent_id,
            "project_id": project_id,
            "name": spec.name,
            "version": spec.version,
            "provider": spec.provider,
            "model": spec.model,
            "parameters": spec.parameters.model_dump(mode="json"),
            "system_template": spec.system_template,
            "user_template": spec.user_template,
            "examples": [example.model_dump(mode="json") for example in spec.examples],
            "drawn_examples": spec.drawn_examples.model_dump(mode="json") if spec.drawn_examples else None,
            "confidence_strategy": spec.confidence_strategy.value,
            "repair": spec.repair,
            "fallback": spec.fallback.model_dump(mode="json") if spec.fallback else None,
            "label_schema_id": schema["_id"],
            "fingerprint": fingerprint(spec, label_schema_spec(schema)),
            "created_at": utcnow(),
            "created_by_id": by.person_id,
        }

    async def _drawn_problems(
        self, project_id: str, drawn: DrawnExamples, label_schema: LabelSchemaSpec
    ) -> list[FieldProblem]:
        dataset = None if drawn.dataset_id is None else await self._dataset_reader.get(drawn.dataset_id)
        jobs = await asyncio.gather(*(self._jobs.get(job_id) for job_id in drawn.job_ids))
        found = drawn_problems(
            drawn,
            label_schema,
            datasets={} if dataset is None else {dataset["_id"]: dataset["project_id"]},
            jobs={
                job["_id"]: (job["project_id"], job["published"]["label_schema"]["name"])
                for job in jobs
                if job is not None and not job["hidden"]
            },
            project_id=project_id,
        )
        return list(found)

    async def list(self, project_id: str, caller: Caller, *, after: str | None, limit: int) -> AgentPage:
        await self._projects.reachable(project_id, caller)
        skip = max(0, decode_cursor(after, int)[0]) if after else 0
        found = await self._reader.list(project_id, skip=skip, limit=limit + 1)
        page, following = cut(found, limit, lambda _: (skip + limit,))
        return AgentPage(items=[Agent.of(document) for document in page], next=following)

    async def get(self, agent_id: str, caller: Caller) -> Agent:
        return Agent.of(await self.reachable(agent_id, caller))

    async def preview(self, agent_id: str, body: PreviewRequest, caller: Caller) -> PreviewedPrompts:
        """Return what would be sent; no model is called."""
        agent, label_schema = await self._with_schema(agent_id, caller)
        records = await self._records_of(agent["project_id"], body.dataset_id, caller, limit=body.limit)
        return await self._previewed(agent["project_id"], agent_spec(agent), label_schema, records)

    async def _previewed(
        self, project_id: str, spec: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
    ) -> PreviewedPrompts:
        try:
            return await self._previewer.preview(project_id, spec, label_schema, records)
        except PromptError as error:
            problems = await record_problems(spec, label_schema, records, self._renderers)
            raise _all_of(problems or [problem_of(error)], "prompt") from error

    async def preview_draft(self, project_id: str, body: DraftPreview, caller: Caller) -> PreviewedPrompts:
        """Return what an agent that is not made yet would send. All problems are reported together."""
        await self._projects.reachable(project_id, caller)
        spec, schema = await self._built(project_id, body.agent)
        label_schema = label_schema_spec(schema)
        records = await self._records_of(project_id, body.dataset_id, caller, limit=body.limit)
        return await self._previewed(project_id, spec, label_schema, records)

    async def try_out(self, agent_id: str, body: TryRequest, caller: Caller) -> Tryout:
        """Call the model for a few records, through the workers."""
        agent, label_schema = await self._with_schema(agent_id, caller)
        spec = agent_spec(agent)
        trial = Trial(agent["project_id"], spec, label_schema, caller)
        if body.dataset_id is None:
            if problems := await field_problems(spec, label_schema, body.records, self._renderers):
                raise _all_of(problems, "prompt")
            return await self._tryouts.of_texts(trial, body.records)
        records = await self._records_of(
            agent["project_id"], body.dataset_id, caller, limit=body.limit, from_seq=body.from_seq
        )
        if not records:
            raise not_found("record from this seq on", str(body.from_seq))
        records = await self._seen(caller, body.dataset_id, records)
        if problems := await record_problems(spec, label_schema, records, self._renderers):
            raise _all_of(problems, "prompt")
        return await self._tryouts.of_records(trial, records)

    async def _seen(
        self, caller: Caller, dataset_id: str, records: Sequence[RecordDocument]
    ) -> Sequence[RecordDocument]:
        """Return the records but those the caller is still to read blind. Raises a Problem when none is left."""
        chosen = Selection.of(record["seq"] for record in records)
        hidden = await self._review_items.blind_for(caller.person_id, dataset_id, chosen)
        if seen := [record for record in records if record["seq"] not in hidden]:
            return seen
        raise Problem(
            409,
            "blind-records",
            "You are still to read these records without knowing what a model says of them.",
            field="from_seq",
            cure="Try the agent on other records, or give your opinion on these first.",
        )

    async def _with_schema(self, agent_id: str, caller: Caller) -> tuple[AgentDocument, LabelSchemaSpec]:
        agent = await self.reachable(agent_id, caller)
        schema = await self._label_schemas.get(agent["label_schema_id"])
        if schema is None:
            raise not_found("label schema", agent["label_schema_id"])
        return agent, label_schema_spec(schema)

    async def _records_of(
        self, project_id: str, dataset_id: str, caller: Caller, *, limit: int, from_seq: int = 0
    ) -> Sequence[RecordDocument]:
        dataset = await self._datasets.reachable(dataset_id, caller)
        if dataset["project_id"] != project_id:
            raise not_found("data set in the agent's project", dataset_id)
        return await self._records.walk(
            dataset["_id"], Selection.range(0, dataset["visible_below"]), limit, start=from_seq
        )

    async def reachable(self, agent_id: str, caller: Caller) -> AgentDocument:
        """Return the version, if it exists in a project that the caller reaches. Raises a 404 problem otherwise."""
        document = await self._reader.get(agent_id)
        if document is None or not caller.reaches(document["project_id"]):
            raise not_found("agent", agent_id)
        return document


def _all_of(problems: list[FieldProblem], code: str = "invalid-agent") -> Problem:
    first = problems[0]
    return Problem(422, code, first.detail, field=first.field, cure=first.cure, errors=problems)
