"""Checks of a job before it starts, once its parts exist. Pure: each check finds all it can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, assert_never

from pydantic import TypeAdapter, ValidationError

from tandem.events import AgentSpec, ConfidenceStrategy, Fallback, LabelSchemaSpec, LabelValue, ReviewPolicy, SpanTask
from tandem.events.schema import MultipleChoiceTask, NumberTask, SingleChoiceTask, TextTask
from tandem.labeling.review import settled, unmeasurable
from tandem.labeling.values import problem_with, span_field
from tandem.pricing import CallSizes, in_dollars
from tandem.web.invalid_content import FieldProblem
from tandem_api.workers.accounts import KnownAccount
from tandem_api.workers.refused import concerns

_VALUE: TypeAdapter[LabelValue] = TypeAdapter(LabelValue)
_SHOWN = 5


def span_problems(label_schema: LabelSchemaSpec, fields: Sequence[str]) -> Iterator[FieldProblem]:
    """Report span tasks that do not name the field that their spans lie in."""
    for task in label_schema.tasks:
        match task:
            case SpanTask() if span_field(task, fields) is None:
                which = f"in the field {task.field!r}" if task.field else "in the only field of a record"
                yield FieldProblem(
                    field="dataset_id",
                    detail=f"The spans of {task.name!r} lie {which}, and the data set has {', '.join(fields)}.",
                    cure="Make a version of the label schema whose task names the field, or use another data set.",
                )
            case SpanTask() | SingleChoiceTask() | MultipleChoiceTask() | NumberTask() | TextTask():
                pass
            case _:
                assert_never(task)


def policy_problems(policy: ReviewPolicy, label_schema: LabelSchemaSpec) -> Iterator[FieldProblem]:
    """Report tasks of the review policy that the label schema does not have."""
    for name in policy.tasks:
        if label_schema.task(name) is None:
            yield FieldProblem(
                field=f"review_policy.tasks.{name}",
                detail=f"The label schema has no task {name!r}.",
                cure=f"It has {', '.join(task.name for task in label_schema.tasks)}.",
            )


def policy_warnings(
    policy: ReviewPolicy, label_schema: LabelSchemaSpec, strategy: ConfidenceStrategy
) -> Iterator[FieldProblem]:
    """Warn of tasks that can have no confidence, and say what happens to them."""
    without = unmeasurable(label_schema, (strategy,))
    kept = settled(policy, label_schema, (strategy,))
    reviewed = [name for name in without if kept.reviews_without_confidence(name)]
    left = [name for name in without if name not in reviewed]
    if reviewed:
        yield FieldProblem(
            field="review_policy",
            detail=f"Every record will go to people: {_and(reviewed)} can have no confidence from token probabilities.",
            cure="Use the confidence strategy `agreement` or `stated`, or set `review_without_confidence` "
            "to false (--without-confidence ignore).",
        )
    elif left and policy.review_without_confidence:
        yield FieldProblem(
            field="review_policy",
            detail=f"{_and(left)} can have no confidence from token probabilities, so the other tasks alone decide "
            "which records go to people.",
            cure="Use the confidence strategy `agreement` or `stated`, or set `review_without_confidence` of the task "
            f"to true to have all records reviewed (--without-confidence {left[0]}=review).",
        )


def gold_warnings(
    label_schema: LabelSchemaSpec, gold_tasks: Iterable[str], gold: Mapping[int, Mapping[str, Any]]
) -> Iterator[FieldProblem]:
    """Warn of gold values that the label schema does not have: labels cannot be compared with them."""
    for name in gold_tasks:
        task = label_schema.task(name)
        if task is None:
            yield FieldProblem(
                field="dataset_id",
                detail=f"The data set has gold values of {name!r}, which is no task of the label schema.",
                cure="No action needed: these gold values are ignored, so no accuracy is reported.",
            )
            continue
        strange: Counter[str] = Counter()
        for values in gold.values():
            if name in values and not _fits(task, values[name]):
                strange[str(values[name])[:100]] += 1
        if strange:
            shown = ", ".join(f"{value!r} ({count})" for value, count in strange.most_common(_SHOWN))
            more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
            yield FieldProblem(
                field="dataset_id",
                detail=f"Gold values of {name!r} that the label schema does not have: {shown}{more}.",
                cure="Add them to the label schema; otherwise these records always count as wrong.",
            )


def account_warnings(agent: AgentSpec, account: KnownAccount, *, schema: str) -> Iterator[FieldProblem]:
    """Warn of what the workers report of the model that the job will need. `schema`: the key of its response format."""
    name = f"{agent.provider}/{agent.model}"
    if not account.workers:
        yield _of_agent("No llm-worker reports, so the job will wait.", "Start one; the job then goes on by itself.")
    elif len(account.lacking) == account.workers:
        yield _of_agent(
            f"No llm-worker knows the provider {agent.provider!r}, so the job will wait.",
            "Add it to TANDEM_PROVIDERS of the llm-workers.",
        )
    if account.trouble:
        yield _of_agent(f"The llm-workers say of {name}: {account.trouble}.", "The job waits until it is well again.")
    yield from _unlisted(agent.provider, agent.model, account)
    effort = agent.parameters.reasoning_effort
    ours = {each.parameter for each in account.refused if concerns(each, effort=effort, schema=schema)}
    dropped = (set(account.dropped_parameters) - {each.parameter for each in account.refused}) | ours
    wanted = {name for name, value in agent.parameters.model_dump().items() if value not in (None, False)}
    if needless := sorted((wanted & dropped) - {"logprobs", "top_logprobs"}):
        yield _of_agent(
            f"{name} does not take {', '.join(needless)}; it is called without them.",
            "Leave them out of the agent's parameters.",
        )
    if dropped & {"logprobs"} and agent.confidence_strategy is ConfidenceStrategy.TOKEN_PROBABILITY:
        yield _of_agent(
            f"{name} gives no log-probabilities, so labels will have no confidence and go to people.",
            "Use the confidence strategy `stated`, or `agreement` with several samples.",
        )


def _unlisted(provider: str, model: str, account: KnownAccount) -> Iterator[FieldProblem]:
    if not account.listed:
        names = ", ".join(map(repr, account.alike))
        yield _of_agent(
            f"The provider {provider!r} lists no model {model!r}; some servers answer with another one then.",
            f"Did you mean {names}?" if names else "Compare the name with the provider's list of models.",
        )


def fallback_warnings(fallback: Fallback, account: KnownAccount) -> Iterator[FieldProblem]:
    """Warn of what keeps the fallback model from being called where the first one has no answer."""
    if account.workers and len(account.lacking) == account.workers:
        yield _of_agent(
            f"No llm-worker knows the provider {fallback.provider!r} of the fallback, so it brings nothing.",
            "Add it to TANDEM_PROVIDERS of the llm-workers.",
        )
    yield from _unlisted(fallback.provider, fallback.model, account)
    if account.trouble:
        yield _of_agent(
            f"The llm-workers say of the fallback {fallback.provider}/{fallback.model}: {account.trouble}.",
            "Cure it, or what the first model has no answer to ends without one.",
        )


def length_findings(agent: AgentSpec, sizes: CallSizes, window: int | None) -> tuple[FieldProblem | None, bool]:
    """Report prompts that exceed the model's context, and return whether that holds for all of them."""
    if window is None or not sizes.prompts:
        return None, False
    long = [prompt for prompt in sizes.prompts if prompt.likely > window]
    if not long:
        return None, False
    every = len(long) == len(sizes.prompts)
    which = "All prompts" if every else f"{len(long):,} of the {len(sizes.prompts):,} prompts looked at"
    longest = max(prompt.likely for prompt in long)
    return (
        FieldProblem(
            field="agent_id",
            detail=f"{which} are longer than the context of {agent.model}, {window:,} tokens; the longest has about "
            f"{longest:,.0f}. Such records end as failed (too_long).",
            cure="Shorten the records, show fewer examples, or use a model with a longer context.",
        ),
        every,
    )


def budget_problem(budget: float, *, bound: float) -> FieldProblem | None:
    """Report a budget that leaves no room for the first record; `bound`: the most that the record can cost."""
    if bound <= budget:
        return None
    return FieldProblem(
        field="budget_usd",
        detail=f"The first record could cost up to {in_dollars(bound)}, more than the budget of {in_dollars(budget)}, "
        "so nothing would be asked.",
        cure="Raise the budget, or lower parameters.max_tokens.",
    )


def budget_warning(budget: float, *, low: float) -> FieldProblem | None:
    """Warn of a budget that the job will surely use up."""
    if low <= budget:
        return None
    return FieldProblem(
        field="budget_usd",
        detail=f"The job costs {in_dollars(low)} at least; the budget of {in_dollars(budget)} stops it before its end.",
        cure="Raise the budget, or lower `limit`.",
    )


def _fits(task: Any, value: Any) -> bool:
    try:
        return problem_with(task, _VALUE.validate_python(value)) is None
    except ValidationError:
        return False


def _of_agent(detail: str, cure: str) -> FieldProblem:
    return FieldProblem(field="agent_id", detail=detail, cure=cure)


def _and(names: Sequence[str]) -> str:
    return " and ".join(repr(name) for name in names)
