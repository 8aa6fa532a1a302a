"""Comparisons built from the sums over several jobs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations

from tandem.events import Outcome
from tandem.events.schema import LabelTask
from tandem.quality import comparing
from tandem.quality.agreement import distance_of
from tandem.quality.intervals import mcnemar, paired_difference
from tandem.store.jobs.documents import JobDocument
from tandem_api.analysis.comparisons.schemas import AgentOnTask, ComparedJob, ComparedTask, Comparison, Contest, Pair
from tandem_api.analysis.reports.measures import Evaluation, Latency, agreement_of, share
from tandem_api.resources.jobs.schemas import JobAgent, JobCost


def comparison_of(
    jobs: Sequence[JobDocument],
    costs: Sequence[JobCost],
    sums: comparing.Comparison,
    tasks: Sequence[LabelTask],
    *,
    ended: Sequence[int],
    skipped: Mapping[str, str],
    share_made: float,
    now: datetime,
) -> Comparison:
    """Build the comparison from the sums. `ended`: for each job, how many records ended in all."""
    return Comparison(
        dataset_id=jobs[0]["dataset_id"],
        made_at=now,
        share=share_made,
        records=sums.records,
        verified_differently=sums.verified_differently,
        jobs=[_job(*each) for each in zip(jobs, costs, sums.contenders, ended, strict=True)],
        tasks=[_task(task, sums.tasks[task.name], {job["_id"]: job["name"] for job in jobs}) for task in tasks],
        skipped_tasks=dict(skipped),
    )


def _job(job: JobDocument, cost: JobCost, contender: comparing.Contender, ended: int) -> ComparedJob:
    amount = cost.total.amount
    return ComparedJob(
        job_id=job["_id"],
        name=job["name"],
        state=job["state"],
        agent=JobAgent.model_validate(job["published"]["agent"]),
        outcomes={outcome: contender.outcomes[outcome] for outcome in Outcome},
        seconds=Latency.made_of(contender.seconds),
        cost=cost,
        usd_per_1000=1000 * amount / ended if amount is not None and ended else None,
    )


def _task(task: LabelTask, sums: comparing.TaskComparison, names: Mapping[str, str]) -> ComparedTask:
    """Build the comparison of one task. `names`: job id to the job's name, in the order of the comparison."""
    job_ids = list(names)
    by_all = sums.answered[len(job_ids)]
    return ComparedTask(
        task=task.name,
        kind=task.kind,
        compared=sums.alpha.records,
        by_all=by_all,
        unanimous=sums.unanimous,
        agreement=share(sums.unanimous, by_all),
        differing=sums.differences.count,
        alpha=sums.alpha.alpha(task),
        alpha_distance=distance_of(task)[0],
        agents=[_agent(task, *each) for each in zip(job_ids, sums.agents, strict=True)],
        pairs=[_pair(task, *pair, names, of) for pair, of in zip(combinations(job_ids, 2), sums.pairs, strict=True)],
    )


def _agent(task: LabelTask, job_id: str, sums: comparing.AgentOnTask) -> AgentOnTask:
    return AgentOnTask(
        job_id=job_id,
        labeled=sums.labeled,
        mean_confidence=sums.confidence / sums.with_confidence if sums.with_confidence else None,
        with_confidence=sums.with_confidence,
        gold=Evaluation.made_of(task, sums.gold),
        verified=Evaluation.made_of(task, sums.verified),
    )


def _pair(task: LabelTask, first: str, second: str, job_names: Mapping[str, str], sums: comparing.Pair) -> Pair:
    names = job_names[first], job_names[second]
    measures = agreement_of(task, sums.scores)
    return Pair(
        first=first,
        second=second,
        compared=sums.scores.compared,
        same=sums.same,
        agreement=share(sums.same, sums.scores.compared),
        kappa=measures.get("kappa"),
        ac1=measures.get("ac1"),
        largest_share=measures.get("largest_share"),
        confusion=measures.get("confusion"),
        labels=measures.get("labels", []),
        f1=None if "kappa" in measures else measures.get("micro_f1"),
        mean_jaccard=measures.get("mean_jaccard"),
        overlap_f1=measures.get("overlap_f1"),
        mean_difference=measures.get("mean_error"),
        mean_absolute_difference=measures.get("mean_absolute_error"),
        gold=_contest(sums.gold, names),
        verified=_contest(sums.verified, names),
    )


def _contest(sums: comparing.Contest, names: tuple[str, str]) -> Contest | None:
    found = paired_difference(sums.first_alone, sums.second_alone, sums.count)
    if found is None:
        return None
    difference, low, high = found
    warning = _anchoring(sums, names)
    return Contest(
        compared=sums.count,
        both_right=sums.both,
        first_alone=sums.first_alone,
        second_alone=sums.second_alone,
        neither=sums.neither,
        difference=difference,
        difference_low=low,
        difference_high=high,
        p_value=None if warning else mcnemar(sums.first_alone, sums.second_alone),
        shown_first=sums.shown[0],
        shown_second=sums.shown[1],
        warning=warning,
    )


def _anchoring(sums: comparing.Contest, names: tuple[str, str]) -> str | None:
    """Say that people saw labels of the agents before they decided, which favours the agent whose labels they saw.

    None where they decided blind, and for values that came with the records.
    """
    seen = [f"{sums.shown[index]} with the label of {name}" for index, name in enumerate(names) if sums.shown[index]]
    if not seen:
        return None
    return (
        f"People decided {' and '.join(seen)} on the screen, of {sums.count} records. Whoever sees a label tends to "
        "keep it, so the difference favours the agent that was shown and no p-value is given. "
        "Compare against gold values, or against decisions made without a label on the screen."
    )
