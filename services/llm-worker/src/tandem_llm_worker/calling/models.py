"""Every model that this worker was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tandem.pricing import PriceTable
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.settings import ProviderSettings


class Models:
    """Every model that was asked for, constructed when it is first needed."""

    def __init__(
        self,
        clients: Mapping[str, ProviderClient],
        providers: Mapping[str, ProviderSettings],
        prices: PriceTable | None = None,
    ) -> None:
        """Construct no model yet. Without `prices`, tokens are counted and no cost is computed."""
        self._clients = clients
        self._providers = providers
        self.prices = prices or PriceTable()
        self._models: dict[tuple[str, str], Model] = {}
        self.on_new: list[Callable[[Model], None]] = []
        """Called with each model when it is asked for the first time."""

    def of(self, provider: str, model: str) -> Model | None:
        """Return the model; None for a provider that this worker has no settings for."""
        found = self._models.get((provider, model))
        if found is None and (client := self._clients.get(provider)) is not None:
            found = self._models[provider, model] = Model(model, client, self._providers[provider], self.prices)
            for callback in self.on_new:
                callback(found)
        return found

    def __iter__(self) -> Iterator[Model]:
        """Iterate over the models that were asked for so far."""
        return iter(self._models.values())

    async def probe(self, provider: str, model: str) -> None:
        """Check whether the account accepts calls. Raises CallFailed."""
        found = self.of(provider, model)
        if found is not None:
            await found.probe()

    @property
    def in_flight(self) -> int:
        return sum(model.limiter.in_flight for model in self._models.values())

    @property
    def waiting(self) -> int:
        return sum(model.limiter.waiting for model in self._models.values())
