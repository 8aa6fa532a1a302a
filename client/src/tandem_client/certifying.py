"""Certificates of jobs, as the API says them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem_client.tasks import ApiModel


class ClaimProgress(ApiModel):
    """A claim of a certificate: `tolerated` of its `size` labels may stay wrong. `closed`: enough was read for it."""

    name: str
    size: int
    tolerated: int
    closed: bool


class Certificate(ApiModel):
    """A certificate of a job and how far it is. `waiting` records have to be read before it goes on."""

    id: str
    job_id: str
    name: str
    state: str
    state_reason: str | None
    errors: list[float]
    alpha: float
    tasks: list[str]
    rule: str
    people: list[str] | None
    records: int
    left_out: dict[str, int] = Field(default_factory=dict)
    reads: int
    asked: int
    waiting: int
    skipped: int
    claims: list[ClaimProgress]
    key_hash: str
    commitment: str | None
    schedules_commitment: str | None
    certifies: str
    does_not_certify: str
    says: list[str]
    created_at: datetime
    created_by: str
    opened_at: datetime | None
    ended_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Return whether people may still be asked for reads."""
        return self.state in ("preparing", "open")


class PlannedError(ApiModel):
    """What it takes to claim one error. Each list: what 10, 50 and 90 % of the simulated runs needed at most."""

    error: float
    looks: list[int]
    hours: list[float]
    usd: list[float] | None


class CertificatePlan(ApiModel):
    """What a certificate would take. `exact` False: planned with some of the records and scaled up."""

    records: int
    model_error: float
    decided: int
    exact: bool
    errors: list[PlannedError]
