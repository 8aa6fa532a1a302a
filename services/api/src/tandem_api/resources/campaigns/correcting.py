"""Fit the correction of confidence by which a campaign `expected_error` picks, from blind decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tandem.events import LabelSchemaSpec
from tandem.quality.corrected import LEAST_DECISIONS, LEAST_OF_EACH, correct, cutoff_for
from tandem.quality.summary import JobSummary, TaskSummary
from tandem.review.campaigns.strategies.expected_error import ExpectedErrorParameters, UsedCorrection
from tandem.store.database import utcnow
from tandem.store.jobs.documents import JobDocument
from tandem.web import Problem

SumsOf = Callable[[JobDocument], Awaitable[JobSummary]]
"""Returns the sums over all records of a job."""


async def with_correction(
    parameters: ExpectedErrorParameters, job: JobDocument, source: JobDocument, sums_of: SumsOf
) -> ExpectedErrorParameters:
    """Return the parameters with the correction that `source` teaches, and the cutoff for the labels of `job`.

    Raises a Problem where the source has too few blind decisions, or is another agent's.
    """
    if source["agent_id"] != job["agent_id"]:
        raise Problem(
            422,
            "invalid-parameters",
            "The job is of another agent, whose confidence means something else.",
            field="parameters.calibrated_by",
            cure="Name a job of the same agent, or leave it out.",
        )
    tasks = [task.name for task in LabelSchemaSpec.model_validate(job["published"]["label_schema"]).tasks]
    task = parameters.task or tasks[0]
    taught = (await sums_of(source)).tasks.get(task, TaskSummary()).blind
    found = await asyncio.to_thread(correct, taught)
    if found is None:
        raise Problem(
            409,
            "too-few-decisions",
            f"Confidence is corrected from {LEAST_DECISIONS} blind decisions on, with {LEAST_OF_EACH} right and "
            f"{LEAST_OF_EACH} wrong labels among them.",
            field="parameters.calibrated_by",
            cure="Have a random sample read blind first: a campaign random_audit with blind_share 1.",
        )
    labels = taught if source is job else (await sums_of(job)).tasks.get(task, TaskSummary()).blind
    cutoff = await asyncio.to_thread(cutoff_for, labels, found.correction, parameters.error)
    used = UsedCorrection(
        score=found.correction.score,
        intercept=found.correction.intercept,
        slope=found.correction.slope,
        labels=found.correction.labels,
        cutoff=cutoff.risk,
        job_id=source["_id"],
        agent_id=source["agent_id"],
        decisions=found.decisions,
        fitted_at=utcnow(),
        expected_wrong=cutoff.expected_wrong,
        kept=cutoff.kept,
    )
    return parameters.model_copy(update={"used": used})
