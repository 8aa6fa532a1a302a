"""What can be done with agents."""

from __future__ import annotations

from uuid import uuid4

from tandem.access import Caller
from tandem.events import AgentSpec
from tandem.labeling.prompts import MarkedMessage, PromptError, default_templates
from tandem.store.agents.documents import AgentDocument, agent_spec
from tandem.store.agents.reader import AgentReader
from tandem.store.agents.writer import AgentWriter
from tandem.store.database import NameTakenError, utcnow
from tandem.store.label_schemas.documents import label_schema_spec
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.records.reader import RecordReader
from tandem.web import FieldProblem, Problem, not_found
from tandem_api.agents.calling import calling_problems
from tandem_api.agents.confidence import parameters_of, stated_problems, strategy_problems
from tandem_api.agents.prompts import fingerprint, messages_of, template_problem
from tandem_api.agents.schemas import (
    Agent,
    AgentCreate,
    AgentPage,
    Message,
    PreviewedPrompt,
    PreviewedPrompts,
    PreviewRequest,
    Segment,
)
from tandem_api.datasets.service import DatasetService
from tandem_api.estimates.service import Estimator
from tandem_api.paging import cut, decode_cursor
from tandem_api.projects.service import ProjectService
from tandem_api.providers.service import ProviderService

TRIES = 5
"""How often a version number is chosen anew when somebody was faster."""


class AgentService:
    def __init__(
        self,
        *,
        reader: AgentReader,
        writer: AgentWriter,
        label_schemas: LabelSchemaReader,
        records: RecordReader,
        projects: ProjectService,
        datasets: DatasetService,
        providers: ProviderService,
        estimator: Estimator,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._label_schemas = label_schemas
        self._records = records
        self._projects = projects
        self._datasets = datasets
        self._providers = providers
        self._estimator = estimator

    async def create(self, project_id: str, body: AgentCreate, caller: Caller) -> tuple[Agent, bool]:
        """The new version and True, or the latest one and False when it is equal. All problems are told together."""
        await self._projects.reachable(project_id, caller)
        wanted = await self._checked(project_id, body)
        for remaining in reversed(range(TRIES)):
            latest = await self._reader.latest(project_id, body.name)
            if latest is not None and latest["fingerprint"] == wanted["fingerprint"]:
                return Agent.of(latest), False
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

    async def _checked(self, project_id: str, body: AgentCreate) -> AgentDocument:
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
            parameters=parameters_of(body),
            system_template=system if body.system_template is None else body.system_template,
            user_template=user if body.user_template is None else body.user_template,
            confidence_strategy=body.confidence_strategy,
            repair=body.repair,
            fallback=body.fallback,
            fingerprint="",
        )
        if problem := await template_problem(spec, label_schema):
            problems.append(problem)
        if problems:
            raise _all_of(problems)
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
            "confidence_strategy": spec.confidence_strategy,
            "repair": spec.repair,
            "fallback": spec.fallback.model_dump(mode="json") if spec.fallback else None,
            "label_schema_id": schema["_id"],
            "fingerprint": fingerprint(spec, label_schema),
            "created_at": utcnow(),
        }

    async def list(self, project_id: str, caller: Caller, *, after: str | None, limit: int) -> AgentPage:
        await self._projects.reachable(project_id, caller)
        skip = max(0, decode_cursor(after, int)[0]) if after else 0
        found = await self._reader.list(project_id, skip=skip, limit=limit + 1)
        page, following = cut(found, limit, lambda _: (skip + limit,))
        return AgentPage(items=[Agent.of(document) for document in page], next=following)

    async def get(self, agent_id: str, caller: Caller) -> Agent:
        return Agent.of(await self.reachable(agent_id, caller))

    async def preview(self, agent_id: str, body: PreviewRequest, caller: Caller) -> PreviewedPrompts:
        agent = await self.reachable(agent_id, caller)
        dataset = await self._datasets.reachable(body.dataset_id, caller)
        schema = await self._label_schemas.get(agent["label_schema_id"])
        if dataset["project_id"] != agent["project_id"] or schema is None:
            raise not_found("data set in the agent's project", body.dataset_id)
        records = await self._records.walk(dataset["_id"], 0, dataset["visible_below"], body.limit)
        try:
            spec, label_schema = agent_spec(agent), label_schema_spec(schema)
            prompts = await messages_of(spec, label_schema, records)
            estimates = await self._estimator.of_calls(spec, label_schema, records)
        except PromptError as error:
            raise Problem(
                422,
                "prompt",
                str(error),
                field=f"{error.template}_template",
                cure=f"Records of this data set have the fields {', '.join(dataset['fields'])}.",
            ) from error
        return PreviewedPrompts(
            items=[
                PreviewedPrompt(
                    seq=record["seq"],
                    record_id=record["record_id"],
                    messages=[_message(message) for message in messages],
                    estimate=estimate,
                )
                for record, messages, estimate in zip(records, prompts, estimates, strict=True)
            ]
        )

    async def reachable(self, agent_id: str, caller: Caller) -> AgentDocument:
        """The version, if it exists in a project that the caller reaches; else a 404 problem."""
        document = await self._reader.get(agent_id)
        if document is None or not caller.reaches(document["project_id"]):
            raise not_found("agent", agent_id)
        return document


def _message(message: MarkedMessage) -> Message:
    return Message(
        role=message.role,
        content="".join(text for text, _ in message.segments),
        segments=[Segment(text=text, source=source) for text, source in message.segments],
    )


def _all_of(problems: list[FieldProblem]) -> Problem:
    first = problems[0]
    return Problem(422, "invalid-agent", first.detail, field=first.field, cure=first.cure, errors=problems)
