"""Checks of a job before it runs, typed: what is wrong, what it will take, what the model answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tandem_client.errors import with_cure


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class FieldProblem(_Model):
    """One thing that is wrong, where, and what to do about it."""

    field: str | None = None
    detail: str
    cure: str | None = None

    @property
    def sentence(self) -> str:
        return with_cure(self.detail, self.cure)


class Between(_Model):
    """`low` to `high`, likely about `likely`."""

    low: float
    likely: float
    high: float


class CallEstimate(_Model):
    """Estimate of the first call for one record; `usd` is None where the price is not known, and `note` says so."""

    prompt_tokens: Between
    output_tokens: Between
    counted_by: Literal["vocabulary", "estimate"]
    usd: Between | None = None
    note: str = ""


class JobEstimate(_Model):
    """Estimate of a whole job, as ranges; `assumes` lists what it assumes."""

    records: int
    sampled: int
    counted_by: Literal["vocabulary", "estimate"]
    prompt_tokens: Between
    output_tokens: Between
    usd: Between | None = None
    seconds: Between | None = None
    assumes: tuple[str, ...] = ()


class TriedRecord(_Model):
    """The model's answer to one record, and how it was read; `outcome` is None when no answer came."""

    seq: int
    record_id: str
    outcome: Literal["labeled", "invalid", "failed"] | None = None
    reason: str | None = None
    detail: str | None = None
    raw: str | None = None
    labels: tuple[dict[str, Any], ...] = ()
    model: str = ""
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    usd: float | None = None


class Tryout(_Model):
    id: str
    state: Literal["answered", "unanswered"]
    problem: FieldProblem | None = None
    records: tuple[TriedRecord, ...]
    usd: float | None = None
    notice: str | None = None


class JobCheck(_Model):
    """Problems keep a job from being made, warnings do not."""

    ok: bool
    problems: tuple[FieldProblem, ...] = ()
    warnings: tuple[FieldProblem, ...] = ()
    estimate: JobEstimate | None = Field(default=None, description="None where the prompts cannot be rendered.")
    probe: Tryout | None = None
