"""Five tasks of five kinds in one call: a schema from a file, gold of all kinds, and what each task got right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tandem_client import Tandem
from tandem_client.cli.quality_tables import evaluation
from tandem_local.serve import say

FORM = "tickets"
_HERE = Path(__file__).parent / FORM
_GOLD = ("topic", "urgency", "mentions", "amount")


def fill_in(tandem: Tandem, *, name: str, provider: tuple[str, str], limit: int | None) -> dict[str, Any]:
    """One agent over the tickets; what came out, also told while it happens."""
    project = tandem.projects.create(name)
    schema = tandem.label_schemas.create_from_file(project.id, _HERE / "schema.yaml")
    say(f"\nLabel schema {schema.name}: {', '.join(f'{task.name} ({task.kind})' for task in schema.tasks)}")
    dataset = tandem.datasets.create(project.id, name="tickets")
    tandem.datasets.import_jsonl(
        dataset.id,
        _HERE / "tickets.jsonl",
        text_columns=["text"],
        id_column="id",
        gold_columns={task: task for task in _GOLD},
        label_schema_id=schema.id,
    )
    agent = tandem.agents.create(
        project.id,
        name="form",
        provider=provider[0],
        model=provider[1],
        label_schema_id=schema.id,
        parameters={"max_tokens": 600},
    )
    job = tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="form", limit=limit)
    ended = tandem.jobs.wait(job.id, timeout=600)
    say(f"  {ended.counts.labeled} of {ended.size} labeled, {ended.counts.needs_review} to look at")
    report = tandem.jobs.report(job.id)
    asked = ", ".join(f"{each.task} {each.records}" for each in report.review if each.task)
    say(f"  because of {asked or 'no task'}; the free text alone asks for nobody")
    for task in report.tasks:
        said = evaluation(task.gold) if task.gold else "nothing to compare with"
        say(f"  {task.task} ({task.kind}): {said}")
    first = next(tandem.jobs.annotations(job.id))
    values = {label.task: label.model_dump(mode="json")["value"] for label in first.labels}
    say(f"  {first.record_id}, for instance: {values}")
    again = tandem.label_schemas.create(project.id, name=schema.name, tasks=schema.tasks)
    return {
        "example": name,
        "version": again.version,
        "records": ended.size,
        "labeled": ended.counts.labeled,
        "tasks": {task.task: task.labeled for task in report.tasks},
        "accuracy": {task.task: task.gold.accuracy for task in report.tasks if task.gold},
        "review": {each.task: each.records for each in report.review if each.task},
        "first": values,
    }
