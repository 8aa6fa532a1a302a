"""Commitments of certificates, published before anybody reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from tandem.events.envelope import Event


class CommittedPart(StrEnum):
    OPENING = "opening"
    """The labels, the claims and the hash of the key; published before the first record is read."""
    SCHEDULES = "schedules"
    """The numbers of audits at which a claim may close; published before the first audit is asked for."""


class CertificateCommittedV1(Event):
    """A certificate of a job committed to its opening, or to its schedules.

    It says nothing of the key: nobody can foretell from it which records are audited. Whoever kept it can show that a
    certificate was not opened afterwards: `tandem certificate verify --commitment`.
    """

    certificate_id: str
    job_id: str
    project_id: str
    part: CommittedPart
    commitment: str = Field(description="SHA-256 of the canonical JSON (RFC 8785) of `committed`.")
    committed: dict[str, Any] = Field(description="The opening or the schedules, as the certificate will have them.")

    @property
    def key(self) -> str:
        return f"{self.certificate_id}:{self.part.value}"
