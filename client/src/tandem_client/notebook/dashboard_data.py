"""What a project's dashboard shows, asked for through the client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tandem_client.expressions import field
from tandem_client.models import Job, Project
from tandem_client.notebook.projection import plane, word_vectors
from tandem_client.resources.finding import FoundRecord

MOST_COMPARED = 8
PAGE = 1000


def jobs_of(project: Project) -> list[dict[str, Any]]:
    """Return the progress of each job, newest first."""
    found = sorted(project.jobs.list(), key=lambda job: job.created_at, reverse=True)
    return [
        {
            "id": job.id,
            "name": job.name,
            "agent": f"{job.agent.name} {job.agent.version}",
            "state": job.state,
            "size": job.size,
            "labeled": job.counts.labeled,
            "invalid": job.counts.invalid,
            "failed": job.counts.failed,
            "needs_review": job.counts.needs_review,
            "reviewed": job.counts.reviewed,
        }
        for job in found
    ]


def agreement_of(job: Job, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return how far the job agrees with others over its data set: task, other job, kappa, records compared."""
    others = [each for each in jobs if each.dataset_id == job.dataset_id and each.id != job.id and each.counts.ended]
    if not others or not job.counts.ended:
        return []
    names = {each.id: each.name for each in others}
    comparison = job.tandem.comparisons.get([job.id, *list(names)[: MOST_COMPARED - 1]], whole=False)
    return [
        {"task": task.task, "job": names[pair.second], "kappa": pair.kappa, "compared": pair.compared}
        for task in comparison.tasks
        for pair in task.pairs
        if pair.first == job.id and pair.second in names
    ]


class JobRows:
    """The first records of a job, with what the dashboard counts and draws of them."""

    def __init__(self, job: Job, *, limit: int) -> None:
        self._found: list[FoundRecord] = []
        condition, after = job.where(field("outcome").exists()), None
        while len(self._found) < limit:
            page = condition.page(after=after, limit=min(PAGE, limit - len(self._found)))
            self._found += page.items
            if (after := page.next) is None:
                break

    def people(self) -> dict[str, int]:
        """Return how many of the records each person decided."""
        held = (each.annotation.verification for each in self._found if each.annotation)
        return dict(Counter(str(each.get("decided_by") or "somebody") for each in held if each).most_common())

    def distribution(self, task: str) -> dict[str, int]:
        """Return the labels that hold with their counts, the most frequent first."""
        return dict(Counter(label for each in self._found if (label := _label(each, task)) is not None).most_common())

    def points(self, task: str, vectors: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """Return each record as a point with its label; `vectors` by record id, made of the words when None."""
        kept = [each for each in self._found if vectors is None or each.record_id in vectors]
        if not kept:
            return []
        texts = [each.excerpt or each.record_id for each in kept]
        rows = word_vectors(texts) if vectors is None else [vectors[each.record_id] for each in kept]
        return [
            {"id": each.record_id, "x": x, "y": y, "label": _label(each, task), "text": text}
            for each, text, (x, y) in zip(kept, texts, plane(rows), strict=True)
        ]


def _label(found: FoundRecord, task: str) -> str | None:
    """Return the label that holds, a person's before the model's, as text; None where there is none."""
    if found.annotation is None:
        return None
    decided = ((found.annotation.verification or {}).get("values") or {}).get(task)
    said = next((label.value for label in found.annotation.labels if label.task == task), None)
    value = said if decided is None else decided
    if isinstance(value, str | float | int):
        return str(value)
    return None if value is None else f"{len(value)} values"
