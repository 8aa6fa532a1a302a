"""Flips on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem_api.resources.jobs.schemas import JobAgent
from tandem_api.views import View


class FlippedJob(View):
    job_id: str
    name: str
    agent: JobAgent
    usd_per_1000: float | None = Field(description="Price of a thousand records of the job; null when unknown.")


class Verdicts(View):
    """Flips whose right label is known."""

    new_right: int
    old_right: int
    neither: int


class FlipClass(View):
    """Flips from one label to another; `*` stands for all values of a task without single labels."""

    from_label: str | None = Field(description="Null: the record had no label before.")
    to_label: str
    records: int
    gold: Verdicts = Field(description="Against the values that came with the records.")
    read: Verdicts = Field(description="Against people who saw no label before they decided.")


class FlipAudit(View):
    """A random sample of the flips that nobody had decided when it was drawn."""

    campaign_id: str
    open: int = Field(description="Flips that nobody had decided: those the sample stands for.")
    drawn: int
    read: int = Field(description="Drawn flips with a blind decision; all others count as wrong.")
    shown: int = Field(description="Drawn flips whose reader saw a label.")
    new_wrong: int = Field(description="Drawn flips whose new label is wrong or was not read blind.")
    old_wrong: int


class FlipBound(View):
    """How many labels are wrong after the change at most. Labels that do not change stay as good as they were."""

    alpha: float = Field(description="Probability that the bound is wrong; that of the old certificate adds to it.")
    refused: str | None = Field(description="Why there is no bound; null where there is one.")
    new_wrong_at_most: int | None = Field(description="Wrong new labels among the flips.")
    old_wrong_at_least: int | None = Field(description="Wrong old labels among the flips.")
    corrected: int = Field(description="Wrong new labels that a person corrected in the new job.")
    left_wrong: int = Field(
        description="Records that people decided otherwise in the old job only; carry the decisions over."
    )
    added_at_most: int | None = Field(description="Wrong labels that the change adds; negative: it removes some.")
    missed_at_most: int | None = Field(description="Wrong labels after the change; null without `old_missed`.")
    error_at_most: float | None = Field(description="The same as a share of the records with a new label.")


class FlipReport(View):
    """What changes when the agent of the new job replaces that of the old one, over the records that both ran over."""

    old: FlippedJob
    new: FlippedJob
    task: str
    kind: str
    made_at: datetime
    share: float = Field(description="Share of the blocks of records in it so far; below 1, ask again.")
    same: int = Field(description="Records whose label stays.")
    flips: int = Field(description="Records whose label changes; those without an old label included.")
    lost: int = Field(description="Records that had a label and have none any more.")
    classes: list[FlipClass] = Field(description="The most frequent first.")
    usd_per_1000_change: float | None = Field(description="New price less the old one; null when one is unknown.")
    audit: FlipAudit | None = Field(description="Null: no campaign was named.")
    bound: FlipBound
