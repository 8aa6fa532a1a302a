"""Certificates on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from tandem.quality.certificates.states import CertificateState
from tandem.store.certificates.documents import CertificateDocument
from tandem_api.views import Body, Name, View

ErrorShare = Annotated[float, Field(ge=0, le=1)]
Rule = Literal["one_reader", "panel"]
CERTIFIES = (
    "At most the stated share of the frozen labels differs from what blind readers say, after their corrections."
)
DOES_NOT_CERTIFY = (
    "It says nothing about any single label, nothing about records outside, and nothing about whether readers "
    "are right."
)


class CertificateOpen(Body):
    """Claims to certify. They are fixed before anybody reads: claims chosen afterwards prove less than they say."""

    errors: list[ErrorShare] = Field(
        default=[0.05],
        min_length=1,
        max_length=5,
        description="Shares of labels that may stay wrong. Several are a ladder: each gets an equal part of alpha.",
    )
    alpha: float = Field(
        default=0.05, gt=0, le=0.5, description="Probability that any of the claims is false; 0.05 is 95 % confidence."
    )
    tasks: list[str] | None = Field(default=None, min_length=1, description="Null: all tasks of the label schema.")
    by_class: bool = Field(
        default=False, description="Beside the claim about all labels, one for each label of tasks of one choice."
    )
    rule: Rule | None = Field(
        default=None,
        description="one_reader: the first blind read of a record decides. panel: the value that two give does, which "
        "needs a job with several readers. Null: panel where the job has several readers.",
    )
    people: list[str] | None = Field(
        default=None, min_length=1, max_length=500, description="Ids of the people who read; null: all readers."
    )
    name: Name | None = None
    close_campaigns: bool = Field(
        default=True,
        description="Close the job's other campaigns first: they would show people the labels. False: refuse to open "
        "while another one is open.",
    )


class ClaimProgress(View):
    name: str
    size: int = Field(description="Frozen labels that the claim is about.")
    tolerated: int = Field(description="How many of them may stay wrong.")
    closed: bool = Field(description="Whether enough was read for this claim.")


class Certificate(View):
    """A certificate of a job and how far it is."""

    id: str
    job_id: str
    name: str
    state: CertificateState
    state_reason: str | None
    errors: list[float]
    alpha: float
    tasks: list[str]
    rule: Rule
    people: list[str] | None
    records: int = Field(description="Frozen labels; 0 while it is being prepared.")
    left_out: dict[str, int] = Field(description="Annotations that are outside, by reason.")
    reads: int = Field(description="Reads that stand.")
    asked: int = Field(description="Records that people were asked for so far.")
    waiting: int = Field(description="Records that people have to read before it can go on; more may follow.")
    skipped: int = Field(
        description="Records that were skipped three times: an audit among them counts as wrong, a correction waits "
        "until somebody decides."
    )
    claims: list[ClaimProgress]
    key_hash: str
    commitment: str | None = Field(
        description="Keep it, to show later that the certificate was opened before anybody read."
    )
    schedules_commitment: str | None
    certifies: str = Field(description="What it will certify, or certifies, in one sentence.")
    does_not_certify: str = Field(description="What it does not, in one more.")
    says: list[str] = Field(description="A sentence a claim, once it is closed.")
    created_at: datetime
    created_by: str
    opened_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def shown(cls, certificate: CertificateDocument, created_by: str) -> Self:
        """Show a certificate. Nothing here tells a reader which records are audits."""
        written = certificate.get("document")
        document = None if written is None else json.loads(written)
        more = {
            **certificate["progress"],
            "commitment": certificate.get("commitment"),
            "schedules_commitment": certificate.get("schedules_commitment"),
            "certifies": CERTIFIES,
            "does_not_certify": DOES_NOT_CERTIFY if document is None else document["does_not_say"],
            "says": [] if document is None else document["says"],
            "created_by": created_by,
        }
        return cls.of({**certificate, **more})


class CertificateList(View):
    items: list[Certificate]


class PlanRequest(Body):
    errors: list[ErrorShare] = Field(default=[0.1, 0.05, 0.02, 0.01], min_length=1, max_length=10)
    alpha: float = Field(default=0.05, gt=0, le=0.5)
    task: str | None = Field(default=None, description="Null: the only task of the label schema.")
    seconds: float = Field(default=10.0, gt=0, description="How long one blind read takes.")
    hourly_usd: float | None = Field(default=None, ge=0, description="What an hour of reading costs.")
    model_error: ErrorShare | None = Field(
        default=None, description="Assumed share of wrong labels where there is no confidence."
    )
    panel: bool = Field(default=False, description="Audits are read by two people.")


class PlannedError(View):
    """What it takes to claim one error: the range holds for 8 of 10 simulated runs, the middle is the median."""

    error: float
    looks: list[int] = Field(description="10, 50 and 90 % of the runs needed at most so many; likewise below.")
    hours: list[float]
    usd: list[float] | None


class CertificatePlan(View):
    records: int = Field(description="Labels that would be certified.")
    model_error: float = Field(description="Share of wrong labels that the plan rests on.")
    decided: int = Field(description="Decisions of people that it was fitted to; 0: it trusts the model's confidence.")
    exact: bool = Field(
        description="False: planned with evenly spaced records and scaled up; it takes fewer looks than this."
    )
    errors: list[PlannedError]
