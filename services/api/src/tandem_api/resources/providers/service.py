"""Providers and models that agents may name."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.web.invalid_content import FieldProblem
from tandem_api.resources.providers.schemas import Provider, ProviderList
from tandem_api.settings import ProviderOffer


class ProviderService:
    def __init__(self, offers: Sequence[ProviderOffer]) -> None:
        self._offers = {offer.name: offer for offer in offers}

    def list(self) -> ProviderList:
        return ProviderList(
            items=[
                Provider(
                    name=offer.name,
                    models=offer.models,
                    default_model=offer.default_model or next(iter(offer.models), None),
                )
                for offer in self._offers.values()
            ]
        )

    def problem_with(self, provider: str, model: str) -> FieldProblem | None:
        """Report what is wrong with this choice; None when it is valid."""
        offer = self._offers.get(provider)
        if offer is None:
            names = ", ".join(sorted(self._offers)) or "none yet; operators set them as TANDEM_PROVIDERS"
            return FieldProblem(
                field="provider",
                detail=f"There is no provider {provider!r} in this installation.",
                cure=f"Use one of those configured: {names}.",
            )
        if offer.models and model not in offer.models:
            return FieldProblem(
                field="model",
                detail=f"The provider {provider!r} has no model {model!r} in this installation.",
                cure=f"Use one of: {', '.join(offer.models)}.",
            )
        return None
