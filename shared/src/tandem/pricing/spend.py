"""Costs of answers, by model: sums that can be added up in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from tandem.events import ModelCall, Price, Usage
from tandem.pricing.table import PriceTable


@dataclass(frozen=True, slots=True)
class ModelSpend:
    """Usage of one model. Tokens are as the provider counted them; `cached_tokens` are among the prompt's."""

    provider: str
    model: str
    calls: int = 0
    retries: int = 0
    """Calls made because the one before had failed."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    amount: float = 0.0
    """USD, of what has a price."""
    unpriced_tokens: int = 0
    """Prompt and completion tokens without a known price."""

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: ModelSpend) -> ModelSpend:
        return ModelSpend(
            self.provider,
            self.model,
            *(getattr(self, name) + getattr(other, name) for name in SUMMED),
        )

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _NAMES}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ModelSpend:
        return cls(**{name: document[name] for name in _NAMES if name in document})


_NAMES = tuple(field.name for field in fields(ModelSpend))
SUMMED = _NAMES[2:]
"""The fields that add up."""


def add_up(rows: Iterable[ModelSpend]) -> tuple[ModelSpend, ...]:
    """Add up the rows to one for each model, the dearest first."""
    by_model: dict[tuple[str, str], ModelSpend] = {}
    for row in rows:
        key = (row.provider, row.model)
        by_model[key] = by_model[key] + row if key in by_model else row
    return tuple(sorted(by_model.values(), key=lambda row: (-row.amount, -row.tokens, row.provider, row.model)))


def totals_of(rows: Iterable[ModelSpend]) -> ModelSpend:
    """Add up all rows to one, whose provider and model are empty."""
    total = ModelSpend("", "")
    for row in rows:
        total += row
    return total


def price_of(
    table: PriceTable, *, provider: str, model: str, usage: Usage | None, calls: Sequence[ModelCall], at: datetime
) -> Price | None:
    """Compute the price of an answer: each model's tokens by its own price. None when no provider reported tokens.

    The amount is None as soon as one of the models has no known price; `by_model` holds what is known of each, where
    there is more than one.
    """
    if not any(call.provider or call.model for call in calls):
        return None if usage is None else table.price(model, usage, provider, at)
    used = _usage_by_model(provider, model, usage, calls)
    if not used:
        return None
    amounts = {key: table.price(key[1], each, key[0], at).amount for key, each in used.items()}
    known = [amount for amount in amounts.values() if amount is not None]
    return Price(
        amount=sum(known) if len(known) == len(amounts) else None,
        by_model={f"{name}/{of}": amount for (name, of), amount in amounts.items()} if len(amounts) > 1 else None,
    )


def spend_of(
    *, provider: str, model: str, usage: Usage | None, calls: Sequence[ModelCall], price: Price | None
) -> tuple[ModelSpend, ...]:
    """Return what an answer cost, one row for each model that was called; empty when none was."""
    if not calls and usage is None:
        return ()
    if not any(call.provider or call.model for call in calls):
        amount = None if price is None else price.amount
        return (_row(provider, model, calls, usage, amount),)
    used = _usage_by_model(provider, model, usage, calls)
    by_model: dict[tuple[str, str], list[ModelCall]] = {key: [] for key in used}
    for call in calls:
        by_model.setdefault(_model_of(call, provider, model), []).append(call)
    rows = []
    for (name, of), of_model in by_model.items():
        amount = None
        if price is not None and (name, of) in used:
            amount = price.amount if price.by_model is None else price.by_model.get(f"{name}/{of}")
        rows.append(_row(name, of, of_model, used.get((name, of)), amount))
    return tuple(rows)


def _row(
    provider: str, model: str, calls: Sequence[ModelCall], usage: Usage | None, amount: float | None
) -> ModelSpend:
    usage = usage or Usage()
    return ModelSpend(
        provider,
        model,
        calls=len(calls),
        retries=sum(call.error is not None for call in calls[:-1]),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        amount=amount or 0.0,
        unpriced_tokens=usage.prompt_tokens + usage.completion_tokens if amount is None else 0,
    )


def _model_of(call: ModelCall, provider: str, model: str) -> tuple[str, str]:
    return (call.provider or provider, call.model or model)


def _usage_by_model(
    provider: str, model: str, usage: Usage | None, calls: Sequence[ModelCall]
) -> dict[tuple[str, str], Usage]:
    """Return tokens by model; what the calls do not account for of the answer's own total belongs to the answer's
    model.
    """
    used: dict[tuple[str, str], Usage] = {}
    for call in calls:
        if call.usage is not None:
            key = _model_of(call, provider, model)
            used[key] = _plus(used[key], call.usage) if key in used else call.usage
    if usage is None:
        return used
    counted = Usage()
    for each in used.values():
        counted = _plus(counted, each)
    rest = Usage(
        prompt_tokens=max(0, usage.prompt_tokens - counted.prompt_tokens),
        completion_tokens=max(0, usage.completion_tokens - counted.completion_tokens),
        cached_tokens=max(0, usage.cached_tokens - counted.cached_tokens),
    )
    if rest.prompt_tokens or rest.completion_tokens:
        key = (provider, model)
        used[key] = _plus(used[key], rest) if key in used else rest
    return used


def _plus(one: Usage, other: Usage) -> Usage:
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )
