"""Costs of the calls of models."""

from __future__ import annotations

from tandem_client.tasks import ApiModel


class ModelCost(ApiModel):
    """Usage of one model; `amount` in USD, None where no token has a known price."""

    provider: str = ""
    model: str = ""
    calls: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    amount: float | None = None
    unpriced_tokens: int = 0


class JobCost(ApiModel):
    """Cost of a job so far, every paid answer included."""

    currency: str = "USD"
    total: ModelCost
    by_model: tuple[ModelCost, ...] = ()
