"""What changes when one agent replaces another."""

from __future__ import annotations

from tandem_client.models import JobAgent
from tandem_client.tasks import ApiModel


class FlippedJob(ApiModel):
    job_id: str
    name: str
    agent: JobAgent
    usd_per_1000: float | None = None


class Verdicts(ApiModel):
    """Flips whose right label is known: which agent has it."""

    new_right: int = 0
    old_right: int = 0
    neither: int = 0


class FlipClass(ApiModel):
    """Flips from one label to another. `from_label` None: there was no label before."""

    from_label: str | None = None
    to_label: str
    records: int
    gold: Verdicts = Verdicts()
    read: Verdicts = Verdicts()


class FlipAudit(ApiModel):
    """A random sample of the flips: `drawn` of the `open` ones, of which `read` have a blind decision."""

    campaign_id: str
    open: int
    drawn: int
    read: int
    shown: int = 0
    new_wrong: int = 0
    old_wrong: int = 0


class FlipBound(ApiModel):
    """Wrong labels after the change at most. `refused` says why there is no bound."""

    alpha: float
    refused: str | None = None
    new_wrong_at_most: int | None = None
    old_wrong_at_least: int | None = None
    corrected: int = 0
    left_wrong: int = 0
    added_at_most: int | None = None
    missed_at_most: int | None = None
    error_at_most: float | None = None


class Flips(ApiModel):
    """Labels that change from an old job to a new one, by class, with the cost and a bound on what stays wrong."""

    old: FlippedJob
    new: FlippedJob
    task: str
    kind: str
    share: float = 1.0
    same: int
    flips: int
    lost: int = 0
    classes: tuple[FlipClass, ...] = ()
    usd_per_1000_change: float | None = None
    audit: FlipAudit | None = None
    bound: FlipBound

    @property
    def labeled(self) -> int:
        """Return the number of records with a new label."""
        return self.same + self.flips

    @property
    def flipped_share(self) -> float:
        return self.flips / self.labeled if self.labeled else 0.0
