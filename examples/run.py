"""Runs an example end to end on a local stack: import, two agents, a job each, and where the agents differ.

    uv run python examples/run.py nli
    uv run python examples/run.py sentiment --limit 500

Without OPENAI_API_KEY the offline annotator labels, which compares word meanings and is weak by nature.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tandem_client import Job, LabelOption, Tandem
from tandem_client.cli.quality_tables import contest, evaluation, task_line
from tandem_local.serve import say, serving

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


def run(tandem: Tandem, example: Example, *, name: str, provider: tuple[str, str], limit: int | None) -> dict[str, Any]:
    """Every round with every agent; what came out, also told while it happens."""
    project = tandem.projects.create(name)
    rounds = []
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
        jobs = {}
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
            jobs[agent] = tandem.jobs.create(
                project.id, dataset_id=dataset.id, agent_id=made.id, name=agent, limit=limit
            )
        rounds.append({"version": schema.version, **_compared(tandem, jobs, example.task)})
    return {"example": name, "rounds": rounds}


def _compared(tandem: Tandem, jobs: dict[str, Job], task: str) -> dict[str, Any]:
    """What each agent gave, how far they agree, and which of them is right more often."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example", choices=sorted(EXAMPLES))
    parser.add_argument("--limit", type=int, help="only the first records")
    parser.add_argument("--json", type=Path, help="write what came out to this file")
    parser.add_argument("--data-dir", type=Path, help="keep the stack's data here; else they go when it ends")
    chosen = parser.parse_args(arguments)
    with _directory(chosen.data_dir) as directory, serving(directory, ui_port=None) as running:
        model = running.stack.model
        outcome: dict[str, Any] = {}

        def work() -> None:
            with running.client() as tandem:
                outcome.update(
                    run(
                        tandem,
                        EXAMPLES[chosen.example],
                        name=_free_name(tandem, chosen.example),
                        provider=(model.provider, model.name),
                        limit=chosen.limit,
                    )
                )

        running.supervise_while(work)
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome, indent=2) + "\n")


def _free_name(tandem: Tandem, name: str) -> str:
    taken = {project.name for project in tandem.projects.list()}
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tandem-example-") as made:
        yield Path(made)


if __name__ == "__main__":
    main()
