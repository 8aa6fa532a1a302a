"""Preflight: all checks of a job before it starts, at once, so that all problems are reported together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tandem.events import AgentSpec, LabelSchemaSpec
from tandem.jobs import Selection
from tandem.labeling.answer_format import schema_key
from tandem.labeling.prompts import response_format
from tandem.people import Caller
from tandem.pricing import PriceTable, RequestBound
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool
from tandem.store.agents.documents import AgentDocument, agent_spec
from tandem.store.agents.reader import AgentReader
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.datasets.reader import DatasetReader
from tandem.store.jobs.documents import selection_of
from tandem.store.label_schemas.documents import LabelSchemaDocument, label_schema_spec
from tandem.store.label_schemas.reader import LabelSchemaReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.subsets.reader import SubsetReader
from tandem.web.invalid_content import FieldProblem
from tandem_api.examples.pool import NO_EXAMPLES, ExamplePools
from tandem_api.planning.checks import (
    account_warnings,
    budget_problem,
    budget_warning,
    fallback_warnings,
    gold_warnings,
    length_findings,
    policy_problems,
    policy_warnings,
    span_problems,
)
from tandem_api.planning.estimates.schemas import JobEstimate
from tandem_api.planning.estimates.service import Estimator
from tandem_api.planning.probing import findings_of
from tandem_api.planning.tryouts.schemas import Tryout
from tandem_api.planning.tryouts.service import Trial, TryoutService
from tandem_api.resources.agents.examples import misfits
from tandem_api.resources.agents.template_checks import record_problems
from tandem_api.resources.jobs.budgets import problem_with_budget
from tandem_api.resources.jobs.schemas import JobCreate
from tandem_api.resources.providers.service import ProviderService

GOLD_LOOKED_AT = 5000
"""Seqs whose gold values are compared with the label schema."""


@dataclass(frozen=True, slots=True)
class JobParts:
    """The parts of a job over a selection, of which `size` records exist."""

    agent: AgentDocument
    dataset: DatasetDocument
    schema: LabelSchemaDocument
    selection: Selection
    size: int

    @property
    def spec(self) -> AgentSpec:
        return agent_spec(self.agent)

    @property
    def label_schema(self) -> LabelSchemaSpec:
        return label_schema_spec(self.schema)


@dataclass(slots=True)
class Checked:
    """The result of a check. Problems keep a job from being made; warnings do not."""

    problems: list[FieldProblem] = field(default_factory=list)
    warnings: list[FieldProblem] = field(default_factory=list)
    parts: JobParts | None = None
    """Set when all parts of the job exist, whatever else is wrong."""
    estimate: JobEstimate | None = None
    probe: Tryout | None = None


class Preflight:
    def __init__(
        self,
        *,
        agents: AgentReader,
        datasets: DatasetReader,
        subsets: SubsetReader,
        label_schemas: LabelSchemaReader,
        records: RecordReader,
        providers: ProviderService,
        prices: PriceTable,
        estimator: Estimator,
        pools: ExamplePools,
        tryouts: TryoutService,
        renderers: RendererPool,
    ) -> None:
        self._agents = agents
        self._datasets = datasets
        self._subsets = subsets
        self._label_schemas = label_schemas
        self._records = records
        self._providers = providers
        self._prices = prices
        self._estimator = estimator
        self._pools = pools
        self._tryouts = tryouts
        self._renderers = renderers

    async def check(self, project_id: str, body: JobCreate, caller: Caller, *, probe: bool) -> Checked:
        """Check a job before it is made. With `probe`, the model is called for the first record, through the
        workers."""
        checked = Checked()
        await self._find_parts(project_id, body, checked)
        parts = checked.parts
        if parts is None:
            return checked
        agent, label_schema = parts.spec, parts.label_schema
        sample = await self._estimator.spread(parts.dataset["_id"], parts.selection)
        unfit = await record_problems(agent, label_schema, sample, self._renderers)
        checked.problems += unfit
        checked.problems += span_problems(label_schema, parts.dataset["fields"])
        checked.problems += policy_problems(body.review_policy, label_schema)
        checked.warnings += policy_warnings(body.review_policy, label_schema, agent.confidence_strategy)
        checked.warnings += misfits(agent, parts.dataset["fields"])
        checked.warnings += gold_warnings(
            label_schema,
            parts.dataset["gold_tasks"],
            await self._records.gold(parts.dataset["_id"], parts.selection.slice(0, GOLD_LOOKED_AT)),
        )
        if agent.drawn_examples is not None and not await self._pools.size(
            project_id, agent.drawn_examples, label_schema
        ):
            checked.warnings.append(FieldProblem(field="agent_id", detail=NO_EXAMPLES))
        unknown = self._providers.problem_with(agent.provider, agent.model)
        if probe and not unfit and unknown is None:
            trial = Trial(project_id, agent, label_schema, caller)
            checked.probe = await self._tryouts.of_records(trial, sample[:1])
            problems, warnings = findings_of(checked.probe)
            checked.problems += problems
            checked.warnings += warnings
        account = await self._estimator.account(agent.provider, agent.model)
        reasons = account.reasons
        checked.warnings += account_warnings(
            agent, account, schema=schema_key(response_format(label_schema, agent.confidence_strategy))
        )
        if agent.fallback is not None:
            second = await self._estimator.account(agent.fallback.provider, agent.fallback.model)
            checked.warnings += fallback_warnings(agent.fallback, second)
            reasons = reasons or second.reasons
        if unfit:
            return checked
        sizes = await self._estimator.sizes(agent, label_schema, sample)
        tried = [] if checked.probe is None else [each.seconds for each in checked.probe.records]
        seconds = next((each for each in tried if each), None)
        checked.estimate = self._estimator.of_job(agent, sizes, account, size=parts.size, call_seconds=seconds)
        too_long, every = length_findings(agent, sizes, account.context_window)
        if too_long is not None:
            (checked.problems if every else checked.warnings).append(too_long)
        if body.budget_usd is not None:
            await self._check_budget(parts, sample[0], body.budget_usd, checked, reasons=reasons)
        return checked

    def problems_with_agent(self, agent: AgentSpec, budget_usd: float | None) -> list[FieldProblem]:
        """Return why the agent cannot be called, or not within a budget."""
        problems = []
        if problem := self._providers.problem_with(agent.provider, agent.model):
            problems.append(problem.model_copy(update={"field": "agent_id"}))
        if budget_usd is not None and (problem := problem_with_budget(agent, self._prices)):
            problems.append(problem)
        return problems

    async def _find_parts(self, project_id: str, body: JobCreate, checked: Checked) -> None:
        agent, dataset = await asyncio.gather(self._agents.get(body.agent_id), self._datasets.get(body.dataset_id))
        problems, schema = checked.problems, None
        if agent is None or agent["project_id"] != project_id:
            problems.append(
                FieldProblem(
                    field="agent_id",
                    detail=f"The project has no agent {body.agent_id!r}.",
                    cure="Make one, or use the id of one that it has.",
                )
            )
        else:
            schema = await self._label_schemas.get(agent["label_schema_id"])
            problems += self.problems_with_agent(agent_spec(agent), body.budget_usd)
        if dataset is None or dataset["project_id"] != project_id:
            problems.append(
                FieldProblem(
                    field="dataset_id",
                    detail=f"The project has no data set {body.dataset_id!r}.",
                    cure="Make one and import records, or use the id of one that it has.",
                )
            )
        elif dataset["record_count"] == 0:
            problems.append(
                FieldProblem(
                    field="dataset_id",
                    detail=f"The data set {dataset['name']!r} has no records.",
                    cure="Import records first.",
                )
            )
        elif agent is not None and agent["project_id"] == project_id and schema is not None:
            selection = await self._selection(dataset, body.subset_id, checked)
            if selection is None:
                return
            if body.limit is not None:
                selection = await self._records.first(dataset["_id"], selection, count=body.limit)
            size = await self._records.count(dataset["_id"], selection)
            checked.parts = JobParts(agent, dataset, schema, selection, size)

    async def _selection(self, dataset: DatasetDocument, subset_id: str | None, checked: Checked) -> Selection | None:
        """Return the subset's records, else what is visible of the data set; None where there is no such subset."""
        if subset_id is None:
            return Selection.range(0, dataset["visible_below"])
        subset = await self._subsets.get(subset_id)
        if subset is not None and subset["dataset_id"] == dataset["_id"]:
            return selection_of(subset["selection"])
        detail, cure = f"The data set has no subset {subset_id!r}.", "Use the id of one from its list of subsets."
        checked.problems.append(FieldProblem(field="subset_id", detail=detail, cure=cure))
        return None

    async def _check_budget(
        self, parts: JobParts, first: RecordDocument, budget: float, checked: Checked, *, reasons: bool
    ) -> None:
        """Check the budget against the first record, with the examples that would be drawn for it now."""
        agent, label_schema = parts.spec, parts.label_schema
        wanted = response_format(label_schema, agent.confidence_strategy)
        bound = RequestBound(agent, prices=self._prices, at=datetime.now(UTC), response_format=wanted, reasons=reasons)
        if bound.unpriced:
            return
        drawn, _ = await self._pools.draw(parts.dataset["project_id"], agent, label_schema, [first])
        examples = drawn.get(first["seq"], ())
        prompts = await AgentPrompts.make(agent, label_schema, self._renderers)
        messages = await prompts.messages(first["fields"], examples)
        if problem := budget_problem(budget, bound=bound.of(messages).usd):
            checked.problems.append(problem)
        elif checked.estimate is not None and checked.estimate.usd is not None:
            warning = budget_warning(budget, low=checked.estimate.usd.low)
            checked.warnings += [] if warning is None else [warning]
