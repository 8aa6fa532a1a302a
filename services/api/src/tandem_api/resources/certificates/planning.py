"""Plans of certificates, computed in a process of its own: they take seconds of pure arithmetic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from tandem.events import Outcome
from tandem.quality.certificates.canonical import canonical_json
from tandem.quality.certificates.label_groups import label_groups
from tandem.quality.certificates.planner import AuditPlan, plan
from tandem.quality.certificates.same import is_same_value
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.jobs.documents import JobDocument
from tandem.web import Problem
from tandem_api.certifying.freezing import rules_of
from tandem_api.resources.certificates.schemas import CertificatePlan, PlannedError, PlanRequest

MOST_PLANNED = 4000
"""Labels that a plan simulates; of more, every k-th."""
TRUTHS = 20
FEW = 200
"""Labels that are planned for at once, without a process of its own."""
BLOCK = 5000


class Planner:
    """Plans certificates, one at a time. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, annotations: FreezingReader) -> None:
        self._annotations = annotations
        self._turn = asyncio.Semaphore(1)

    async def plan(self, job: JobDocument, task: str, labeled: int, body: PlanRequest) -> CertificatePlan:
        """Return what certifying the task would take. Raises a Problem where nothing shows how good the labels are."""
        (same,) = rules_of(job, [task]).values()
        every = max(1, -(-labeled // MOST_PLANNED))
        columns = _Columns(task, same)
        start: int | None = 0
        while start is not None:
            found = await self._annotations.block(job["_id"], start, BLOCK)
            await asyncio.to_thread(columns.add, found, every)
            start = found[-1]["seq"] + 1 if len(found) == BLOCK else None
        run = partial(
            plan,
            columns.risks,
            label_groups(columns.labels),
            columns.decided,
            errors=body.errors,
            alpha=body.alpha,
            model_error=body.model_error,
            panel=body.panel,
            truths=TRUTHS,
        )
        try:
            made = await self._computed(run, len(columns.risks))
        except ValueError as error:
            raise Problem(
                422,
                "no-plan",
                f"There is nothing to plan with: {error}.",
                field="model_error",
                cure="Give the share of labels that you think is wrong, or have people decide on some records.",
            ) from error
        return _shown(made, columns.seen / max(1, len(columns.risks)), columns.seen, body)

    async def _computed(self, run: Callable[[], AuditPlan], size: int) -> AuditPlan:
        if size <= FEW:
            return await asyncio.to_thread(run)
        async with self._turn:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                return await asyncio.get_running_loop().run_in_executor(pool, run)


class _Columns:
    """What a plan needs of each label that it simulates."""

    def __init__(self, task: str, same: dict[str, Any]) -> None:
        self.risks: list[float | None] = []
        self.labels: list[str] = []
        self.decided: list[tuple[int, bool]] = []
        self.seen = 0
        self._task, self._same = task, same

    def add(self, annotations: list[dict[str, Any]], every: int) -> None:
        for annotation in annotations:
            label = next((each for each in annotation["labels"] if each["task"] == self._task), None)
            if annotation["outcome"] != Outcome.LABELED or label is None:
                continue
            self.seen += 1
            if (self.seen - 1) % every:
                continue
            said = (annotation.get("verification") or {}).get("values", {}).get(self._task)
            if said is not None:
                self.decided.append((len(self.risks), not is_same_value(self._same, label["value"], said)))
            confidence = label.get("confidence")
            self.risks.append(None if confidence is None else 1 - min(1.0, max(0.0, confidence)))
            self.labels.append(canonical_json(label["value"]))


def _shown(made: AuditPlan, scale: float, records: int, body: PlanRequest) -> CertificatePlan:
    errors = []
    for each in made.looks:
        low, middle, high = (round(looks * scale) for looks in (each.p10, each.p50, each.p90))
        hours = [round(looks * body.seconds / 3600, 2) for looks in (low, middle, high)]
        usd = None if body.hourly_usd is None else [round(hour * body.hourly_usd, 2) for hour in hours]
        errors.append(PlannedError(error=each.error, looks=[low, middle, high], hours=hours, usd=usd))
    return CertificatePlan(
        records=records, model_error=made.model_error, decided=made.decided, exact=scale == 1, errors=errors
    )
