"""Reports of flips built from the sums over two jobs. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from tandem.events.schema import LabelTask
from tandem.quality.certificates.flips import flip_bound
from tandem.quality.flips import NO_LABEL, TaskFlips
from tandem.store.campaigns.documents import CampaignDocument, selected
from tandem.store.jobs.documents import JobDocument
from tandem_api.analysis.comparisons.subject import ComparedJobs
from tandem_api.analysis.flips.schemas import FlipAudit, FlipBound, FlipClass, FlippedJob, FlipReport, Verdicts
from tandem_api.resources.jobs.schemas import JobAgent

ROUNDING = 1e-9


def report_of(
    subject: ComparedJobs,
    task: LabelTask,
    sums: TaskFlips,
    *,
    costs: Sequence[float | None],
    ended: Sequence[int],
    campaign: CampaignDocument | None,
    old_missed: int | None,
    alpha: float,
    share_made: float,
    now: datetime,
) -> FlipReport:
    """Build the report. `costs`, `ended`: price and ended records of the old and of the new job."""
    old, new = (_job(*each) for each in zip(subject.jobs, costs, ended, strict=True))
    known = old.usd_per_1000 is not None and new.usd_per_1000 is not None
    return FlipReport(
        old=old,
        new=new,
        task=task.name,
        kind=task.kind,
        made_at=now,
        share=share_made,
        same=sums.same,
        flips=sums.flips,
        lost=sums.lost,
        classes=_classes(sums),
        usd_per_1000_change=(new.usd_per_1000 or 0.0) - (old.usd_per_1000 or 0.0) if known else None,
        audit=None if campaign is None else _audit(campaign, sums),
        bound=_bound(sums, _refusal(subject, sums, campaign, share_made), old_missed=old_missed, alpha=alpha),
    )


def _job(job: JobDocument, cost: float | None, ended: int) -> FlippedJob:
    return FlippedJob(
        job_id=job["_id"],
        name=job["name"],
        agent=JobAgent.model_validate(job["published"]["agent"]),
        usd_per_1000=1000 * cost / ended if cost is not None and ended else None,
    )


def _classes(sums: TaskFlips) -> list[FlipClass]:
    found = []
    for key, counted in sorted(sums.classes.items(), key=lambda item: (-item[1].records, item[0])):
        old, new = json.loads(key)
        found.append(
            FlipClass(
                from_label=None if old == NO_LABEL else old,
                to_label=new,
                records=counted.records,
                gold=Verdicts.model_validate(counted.gold, from_attributes=True),
                read=Verdicts.model_validate(counted.read, from_attributes=True),
            )
        )
    return found


def _audit(campaign: CampaignDocument, sums: TaskFlips) -> FlipAudit:
    audit = sums.audit
    return FlipAudit(
        campaign_id=campaign["_id"],
        open=audit.open,
        drawn=audit.drawn,
        read=audit.read,
        shown=audit.shown,
        new_wrong=audit.new_wrong,
        old_wrong=audit.old_wrong,
    )


def _refusal(
    subject: ComparedJobs, sums: TaskFlips, campaign: CampaignDocument | None, share_made: float
) -> str | None:
    """Return why the reads bound nothing; None where they do."""
    if share_made < 1:
        return "Not all records are summed up yet. Ask again."
    if campaign is None:
        return None
    if campaign["blind_share"] < 1:
        return "Readers of the campaign may see labels. Create a campaign with blind_share 1."
    if len(selected(campaign)) != len(subject.selection):
        return "The campaign draws from a part of the records. Create one without a selection."
    if sums.audit.changed:
        changed = f"{sums.audit.changed:,} labels were made after the sample was drawn"
        return f"{changed}. Create another campaign: its sample is drawn anew."
    return None


def _bound(sums: TaskFlips, refused: str | None, *, old_missed: int | None, alpha: float) -> FlipBound:
    audit, labeled = sums.audit, sums.same + sums.flips
    if refused is not None:
        return FlipBound(
            alpha=alpha,
            refused=refused,
            new_wrong_at_most=None,
            old_wrong_at_least=None,
            corrected=audit.corrected,
            left_wrong=sums.left_wrong,
            added_at_most=None,
            missed_at_most=None,
            error_at_most=None,
        )
    bound = flip_bound(
        audit.open, audit.drawn, new_wrong=audit.new_wrong, old_wrong=audit.old_wrong, alpha=alpha * (1 - ROUNDING)
    )
    added = bound.added_at_most - audit.corrected + sums.left_wrong
    missed = None if old_missed is None else max(0, old_missed + added)
    return FlipBound(
        alpha=alpha,
        refused=None,
        new_wrong_at_most=bound.new_wrong_at_most,
        old_wrong_at_least=bound.old_wrong_at_least,
        corrected=audit.corrected,
        left_wrong=sums.left_wrong,
        added_at_most=added,
        missed_at_most=missed,
        error_at_most=None if missed is None or not labeled else missed / labeled,
    )
