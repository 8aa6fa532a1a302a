"""Carry-overs: checks what is to be carried over, counts it, and makes the job that does it."""

from __future__ import annotations

from collections.abc import Mapping

from tandem.events import AgentSpec, JobKind, JobState, LabelSchemaSpec, options_of
from tandem.jobs import Selection
from tandem.labeling.carrying import CarryOver
from tandem.labeling.review import settled
from tandem.people import Caller
from tandem.store.agents.documents import agent_spec
from tandem.store.agents.reader import AgentReader
from tandem.store.annotations.final import final_labels, settled_values
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.label_schemas.documents import LabelSchemaDocument, label_schema_spec
from tandem.store.records.reader import RecordReader
from tandem.web import Problem
from tandem.web.invalid_content import FieldProblem
from tandem_api.planning.checks import policy_problems
from tandem_api.resources.carry_over.counting import CarryOverCount
from tandem_api.resources.carry_over.schemas import CarryOverCreate, CarryOverReport, CarryOverResult
from tandem_api.resources.jobs.new_job import made_of, new_job
from tandem_api.resources.jobs.schemas import JobCreate
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.label_schemas.service import LabelSchemaService

CHUNK = 1000


class CarryOverService:
    def __init__(
        self,
        *,
        jobs: JobService,
        label_schemas: LabelSchemaService,
        agents: AgentReader,
        annotations: AnnotationReader,
        records: RecordReader,
    ) -> None:
        self._jobs = jobs
        self._label_schemas = label_schemas
        self._agents = agents
        self._annotations = annotations
        self._records = records

    async def carry_over(self, label_schema_id: str, body: CarryOverCreate, caller: Caller) -> CarryOverResult:
        """Count the labels that carry over, then make the job; none is made for a dry run, nor when it would have no
        effect."""
        document = await self._label_schemas.reachable(label_schema_id, caller)
        source = await self._jobs.reachable(body.from_job, caller)
        old = LabelSchemaSpec.model_validate(source["published"]["label_schema"])
        new = label_schema_spec(document)
        agent = await self._checked(document, source, (old, new), body, caller)
        report = await self._report(source, old, new, body.mapping)
        if body.dry_run:
            return CarryOverResult(report=report, job=None)
        if not report.carried and agent is None:
            raise Problem(
                422,
                "nothing-carries-over",
                "No record of the job carries over.",
                field="mapping",
                cure="Give new labels for the old ones; a dry run says which have none.",
            )
        before = AgentSpec.model_validate(source["published"]["agent"])
        strategies = {each.confidence_strategy for each in (before, agent) if each is not None}
        made = new_job(
            project_id=source["project_id"],
            dataset_id=source["dataset_id"],
            name=body.name or f"{source['name']}, carried over to {new.name} v{new.version}",
            agent=agent or before,
            label_schema=new,
            review_policy=settled(body.review_policy, new, strategies),
            selection=selected(source),
            size=source["selection"]["size"],
            weight=body.weight,
            budget_usd=body.budget_usd,
            start=body.start,
            by=caller,
        )
        making = {"label_schema": old.model_dump(mode="json"), "mapping": body.mapping}
        job = made_of(made, JobKind.CARRIED_OVER, [source["_id"]], making, asks_model=agent is not None)
        return CarryOverResult(report=report, job=await self._jobs.add(job))

    async def _checked(
        self,
        document: LabelSchemaDocument,
        source: JobDocument,
        versions: tuple[LabelSchemaSpec, LabelSchemaSpec],
        body: CarryOverCreate,
        caller: Caller,
    ) -> AgentSpec | None:
        """Check the request; return the agent to call, if one is named. `versions`: the old and the new one. Raises
        Problem with everything that is wrong."""
        old, new = versions
        if JobState(source["state"]).is_live:
            raise Problem(
                409,
                "wrong-state",
                f"The job is {source['state']}; its annotations can be carried over when it has ended.",
                cure="Wait for its end, or cancel it.",
                state=source["state"],
            )
        problems = [*_mapping_problems(old, new, body.mapping), *policy_problems(body.review_policy, new)]
        if source["project_id"] != document["project_id"]:
            problems.append(
                FieldProblem(field="from_job", detail="The job is another project's.", cure="Name one of this project.")
            )
        elif old.label_schema_id == new.label_schema_id:
            problems.append(
                FieldProblem(
                    field="from_job",
                    detail="The job's labels are of this very version already.",
                    cure="Name a job over another version.",
                )
            )
        agent = None if body.agent_id is None else await self._agents.get(body.agent_id)
        if body.agent_id is not None and (agent is None or agent["project_id"] != document["project_id"]):
            problems.append(
                FieldProblem(field="agent_id", detail=f"The project has no agent {body.agent_id!r}.", cure="Make one.")
            )
        elif agent is not None and agent["label_schema_id"] != new.label_schema_id:
            problems.append(
                FieldProblem(
                    field="agent_id",
                    detail="The agent labels with another version of the label schema.",
                    cure="Make a version of it for this label schema.",
                )
            )
        elif agent is not None:
            asked = JobCreate(dataset_id=source["dataset_id"], agent_id=agent["_id"], budget_usd=body.budget_usd)
            problems += (await self._jobs.check(source["project_id"], asked, caller, probe=False)).problems
        elif body.budget_usd is not None:
            problems.append(
                FieldProblem(
                    field="budget_usd", detail="Without an agent nothing is asked or paid.", cure="Leave it out."
                )
            )
        if problems:
            first = problems[0]
            raise Problem(422, "invalid-carry-over", first.detail, field=first.field, cure=first.cure, errors=problems)
        return None if agent is None else agent_spec(agent)

    async def _report(
        self,
        source: JobDocument,
        old: LabelSchemaSpec,
        new: LabelSchemaSpec,
        mapping: Mapping[str, Mapping[str, str | None]],
    ) -> CarryOverReport:
        """Count what carries over: read every annotation of the job once, in constant memory."""
        carry_over, count = CarryOver(old, new, mapping), CarryOverCount(old, new, mapping)
        chunks = self._records.stream(source["dataset_id"], selected(source), chunk=CHUNK)
        async for records in chunks:
            stretch = Selection.range(records[0]["seq"], records[-1]["seq"] + 1)
            found = {item["seq"]: item async for item in self._annotations.stream(source["_id"], stretch)}
            for record in records:
                annotation = found.get(record["seq"])
                labels = final_labels(annotation)
                verified = settled_values(annotation) is not None
                count.add(labels, carry_over.carry(labels, record["fields"]), verified=verified)
        return count.report(source["_id"])


def _mapping_problems(
    old: LabelSchemaSpec, new: LabelSchemaSpec, mapping: Mapping[str, Mapping[str, str | None]]
) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    for name, labels in mapping.items():
        before, after = old.task(name), new.task(name)
        where = f"mapping.{name}"
        if before is None or after is None:
            lacking = "new" if after is None else "old"
            problems.append(
                FieldProblem(
                    field=where,
                    detail=f"The {lacking} version has no task {name!r}.",
                    cure="Name tasks of both versions.",
                )
            )
            continue
        known = [option.value for option in options_of(before)]
        allowed = [option.value for option in options_of(after)]
        for label, to in labels.items():
            if label not in known:
                cure = f"It has {', '.join(known[:20])}." if known else "Leave it out: the task has no labels."
                problems.append(FieldProblem(field=where, detail=f"The old version has no label {label!r}.", cure=cure))
            if to is not None and to not in allowed:
                problems.append(
                    FieldProblem(
                        field=f"{where}.{label}",
                        detail=f"The new version has no label {to!r}.",
                        cure=f"It has {', '.join(allowed[:20])}; null says that there is none.",
                    )
                )
    return problems
