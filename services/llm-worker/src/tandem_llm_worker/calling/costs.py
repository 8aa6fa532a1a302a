"""Cost of the calls to a model, counted as they happen."""

from __future__ import annotations

from datetime import UTC, datetime

from tandem.events import Usage
from tandem.observability.logs import get_logger
from tandem.observability.metrics import MODEL_COST, MODEL_UNPRICED_TOKENS
from tandem.pricing import PriceTable

_log = get_logger(__name__)


class CostMeter:
    """Counts the cost of one model: dollars if it has a price, else tokens, with one log line that says so."""

    def __init__(self, prices: PriceTable, provider: str, model: str) -> None:
        self._prices = prices
        self._provider = provider
        self._model = model
        self._cost = MODEL_COST.labels(provider, model)
        self._unpriced = MODEL_UNPRICED_TOKENS.labels(provider, model)
        self._said = False

    def count(self, usage: Usage) -> None:
        price = self._prices.find(self._provider, self._model, datetime.now(UTC))
        if price is not None:
            self._cost.inc(price.amount(usage))
            return
        self._unpriced.inc(usage.prompt_tokens + usage.completion_tokens)
        if not self._said:
            self._said = True
            _log.warning("worker.model.unpriced", provider=self._provider, model=self._model)
