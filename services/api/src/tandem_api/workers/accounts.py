"""An account (a model of a provider) as the live workers see it together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tandem.events import AccountState, RefusedParameter, WorkerReportedV1
from tandem.pricing import ReportedLimits


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """The state of an account. `used`: whether any worker has called the model since its start; otherwise nothing else
    is known."""

    workers: int
    """Number of workers that are alive."""
    lacking: tuple[str, ...]
    """Workers that have no settings for the provider."""
    used: bool
    limits: ReportedLimits | None
    context_window: int | None = None
    listed: bool = True
    """False if the provider's list of models, as a worker read it, does not name the model."""
    alike: tuple[str, ...] = ()
    """The most similar names on that list."""
    dropped_parameters: tuple[str, ...] = ()
    refused: tuple[RefusedParameter, ...] = ()
    """Parameters that were refused, with what that depends on."""
    reasons: bool = False
    """True if the model was seen to spend tokens on reasoning."""
    trouble: str = ""
    """Text of the worker in the worst state, where it is not well."""


def known_account(live: Sequence[WorkerReportedV1], provider: str, model: str) -> KnownAccount:
    seen = [said for report in live for said in report.accounts if (said.provider, said.model) == (provider, model)]
    lacking = tuple(report.worker for report in live if report.providers and provider not in report.providers)
    if not seen:
        return KnownAccount(len(live), lacking, used=False, limits=None)
    unwell = [said for said in seen if said.state is not AccountState.OK]
    worst = next((said for said in unwell if said.state is AccountState.STOPPED), unwell[0] if unwell else None)
    return KnownAccount(
        workers=len(live),
        lacking=lacking,
        used=True,
        limits=ReportedLimits(
            requests_per_minute=_most(said.requests_per_minute for said in seen),
            tokens_per_minute=_most(said.tokens_per_minute for said in seen),
            calls_in_flight=sum(said.slots for said in seen),
        ),
        context_window=min((said.context_window for said in seen if said.context_window), default=None),
        listed=all(said.listed is not False for said in seen),
        alike=next((said.alike for said in seen if said.alike), ()),
        dropped_parameters=tuple(sorted({name for said in seen for name in said.dropped_parameters})),
        refused=tuple(refused for said in seen for refused in said.refused_parameters),
        reasons=any(said.reasons for said in seen),
        trouble="" if worst is None else worst.message or worst.reason,
    )


def _most(values: Iterable[float | None]) -> float | None:
    """Return the highest value: each worker reports what it believes the whole account allows."""
    return max((value for value in values if value is not None), default=None)
