"""Passes of a job, typed: the first run, and each run again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tandem_client.checks import FieldProblem, JobEstimate

RunOutcome = Literal["labeled", "invalid", "failed", "not_run"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class PassCheck(_Model):
    """Preview of a run again: `records` would run, which ended so far as `outcomes` says."""

    ok: bool
    problems: tuple[FieldProblem, ...] = ()
    records: int
    outcomes: dict[str, int]
    verified_left_out: int = 0
    """Records that match, and are left out because a person decided on them."""
    estimate: JobEstimate | None = None


class PassCounts(_Model):
    """labeled + invalid + failed + not_run = size of the pass."""

    labeled: int
    invalid: int
    failed: int
    not_run: int
    needs_review: int = 0


class JobPass(_Model):
    """One pass. `number` is also the attempt of its annotations; `asked` is the request, None for the first run."""

    number: int
    state: str
    size: int
    counts: PassCounts
    asked: dict[str, Any] | None = None
    created_at: datetime
    created_by: str
    finished_at: datetime | None = None
