"""One task, two agents: what each gets right, how far they agree, and what carries over when the labels change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tandem_client import Agent, Job, LabelOption, LabelSchema, Tandem
from tandem_client.cli.quality_tables import contest, evaluation, task_line
from tandem_local.serve import say

HERE = Path(__file__).parent
BAREST = "Choose one label.\n\n{% for option in task.options %}\n- {{ option.value }}\n{% endfor %}\n"


@dataclass(frozen=True)
class Round:
    """One version of a label schema, over the data, with the agents that are compared."""

    labels: tuple[LabelOption, ...]
    gold_column: str


@dataclass(frozen=True)
class Example:
    """`agents`: name to the templates that differ from the default ones."""

    file: Path
    fields: tuple[str, ...]
    task: str
    question: str
    rounds: tuple[Round, ...]
    agents: dict[str, dict[str, str]]


ENTAILMENT = LabelOption(value="entailment", description="If the premise is true, the hypothesis must be true.")
EXAMPLES = {
    "nli": Example(
        file=HERE / "nli" / "pairs.csv",
        fields=("premise", "hypothesis"),
        task="relation",
        question="What does the premise say about the hypothesis?",
        rounds=(
            Round((ENTAILMENT, LabelOption(value="not_entailment", description="It may be false.")), "two_way"),
            Round(
                (
                    ENTAILMENT,
                    LabelOption(value="neutral", description="The hypothesis may be true or false."),
                    LabelOption(value="contradiction", description="The hypothesis cannot be true."),
                ),
                "label",
            ),
        ),
        agents={"both sentences": {}, "hypothesis only": {"user_template": "{{ fields.hypothesis }}"}},
    ),
    "sentiment": Example(
        file=HERE / "tweets" / "tweets.csv",
        fields=("text",),
        task="sentiment",
        question="What is the sentiment of this tweet?",
        rounds=(
            Round(
                (
                    LabelOption(value="positive", description="The writer feels good: joy, praise, hope."),
                    LabelOption(value="neutral", description="No clear feeling: a statement, a question."),
                    LabelOption(value="negative", description="The writer feels bad: anger, sadness, fear."),
                ),
                "label",
            ),
        ),
        agents={"described labels": {}, "bare labels": {"system_template": BAREST}},
    ),
}


def compare(
    tandem: Tandem, example: Example, *, name: str, provider: tuple[str, str], limit: int | None
) -> dict[str, Any]:
    """Every round with every agent; what came out, also told while it happens."""
    project = tandem.projects.create(name)
    rounds: list[dict[str, Any]] = []
    before: Job | None = None
    for each in example.rounds:
        schema = tandem.label_schemas.create_single_choice(
            project.id, name=example.task, labels=each.labels, question=example.question
        )
        say(f"\nLabel schema {schema.name}, version {schema.version}: {', '.join(o.value for o in each.labels)}")
        dataset = tandem.datasets.create(project.id, name=f"{example.file.stem} {each.gold_column}")
        tandem.datasets.import_csv(
            dataset.id,
            example.file,
            text_columns=example.fields,
            id_column="id",
            gold_column=each.gold_column,
            gold_task=example.task,
        )
        jobs: dict[str, Job] = {}
        agents: dict[str, Agent] = {}
        for agent, templates in example.agents.items():
            made = tandem.agents.create(
                project.id,
                name=agent,
                provider=provider[0],
                model=provider[1],
                label_schema_id=schema.id,
                system_template=templates.get("system_template"),
                user_template=templates.get("user_template"),
            )
            agents[agent] = made
            jobs[agent] = tandem.jobs.create(
                project.id, dataset_id=dataset.id, agent_id=made.id, name=agent, limit=limit
            )
        rounds.append({"version": schema.version, **_compared(tandem, jobs, example.task)})
        first = next(iter(example.agents))
        if before is not None:
            rounds[-1]["carried_over"] = _carried_over(tandem, before, schema, agents[first], example.task)
        before = jobs[first]
    return {"example": name, "rounds": rounds}


def _carried_over(tandem: Tandem, before: Job, schema: LabelSchema, agent: Agent, task: str) -> dict[str, Any]:
    """Carry over the labels of the previous version that this one has too; the agent is asked only for the rest."""
    result = tandem.label_schemas.carry_over(schema.id, from_job=before.id, agent_id=agent.id)
    ended = tandem.jobs.wait(result.made.id, timeout=600)
    report, of_task = result.report, result.report.tasks[task]
    say(f"  Carried over from {before.name!r} of the version before: {report.carried} of {report.records} labels.")
    for label, count in of_task.labels_not_carried.items():
        say(f"    {label} has no new label: {count} records, which {agent.name!r} was asked for")
    asked = sum(label.rule != "carried_over" for each in tandem.jobs.annotations(ended.id) for label in each.labels)
    return {
        "carried": report.carried,
        "not_carried": of_task.labels_not_carried,
        "asked": asked,
        "labeled": ended.counts.labeled,
    }


def _compared(tandem: Tandem, jobs: dict[str, Job], task: str) -> dict[str, Any]:
    """Report what each agent gave, how far they agree, and which of them is right more often."""
    agents = {}
    for agent, job in jobs.items():
        ended = tandem.jobs.wait(job.id, timeout=600)
        report = tandem.jobs.report(job.id)
        gold = report.task(task).gold
        agents[agent] = {
            "records": ended.size,
            "labeled": ended.counts.labeled,
            "needs_review": ended.counts.needs_review,
            "accuracy": report.accuracy,
            "macro_f1": gold.macro_f1 if gold else None,
            "calibration_error": gold.reliability.error if gold else None,
            "labels": report.labels.get(task, {}),
        }
        right = evaluation(gold) if gold else "how many are right is unknown"
        say(f"  {agent}: {ended.counts.labeled} of {ended.size} labeled, {right}, {agents[agent]['labels']}")
    ids = [job.id for job in jobs.values()]
    comparison = tandem.comparisons.get(ids)
    found = next(each for each in comparison.tasks if each.task == task)
    (pair,) = found.pairs
    say(f"  Together: {task_line(found)}; Cohen's kappa {_rounded(pair.kappa)}.")
    if pair.gold is not None:
        first, second = jobs
        say(f"  {first} less {second}, against gold: {contest(pair.gold)}.")
    differing = list(tandem.comparisons.differences(ids, task=task))
    for each in differing[:3]:
        say(f"    {each.record_id}: {' / '.join(str(said.value) for said in each.said)}, gold {each.gold}")
    combined = tandem.comparisons.combine(ids, name="both, combined")
    both = tandem.jobs.wait(combined.job.id, timeout=600)
    say(f"  Combined by vote: {both.counts.labeled} agreed on, {both.counts.invalid} left to people.")
    return {
        "agents": agents,
        "agreement": found.agreement,
        "kappa": pair.kappa,
        "alpha": found.alpha,
        "p_value": pair.gold.p_value if pair.gold else None,
        "differing": sorted(each.record_id for each in differing),
        "combined": {"labeled": both.counts.labeled, "invalid": both.counts.invalid},
    }


def _rounded(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
