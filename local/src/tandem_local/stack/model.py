"""Models that the stack labels with: the providers of the settings, or the offline annotator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from tandem_local.settings import LocalSettings

OFFLINE_MODEL = "tandem-offline"


@dataclass(frozen=True)
class StackModel:
    """The provider and model that are suggested, and the accounts of all providers.

    `base_url` None: the offline annotator, which the stack starts itself. `name` empty: the settings name no model.
    """

    provider: str
    name: str
    base_url: str | None
    api_key: SecretStr
    accounts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """Providers as the workers' settings describe them, keys included; those of `provider` go before its fields."""

    @classmethod
    def offline(cls) -> StackModel:
        return cls("offline", OFFLINE_MODEL, None, SecretStr(""))

    @classmethod
    def chosen(cls, settings: LocalSettings) -> StackModel:
        """Return the first provider of TANDEM_PROVIDERS with its first model; OpenAI, or the server at OPENAI_BASE_URL,
        when there is a key; else the offline annotator.
        """
        accounts = {name: dict(account) for name, account in settings.providers.items()}
        if settings.openai_api_key is not None:
            own = {"base_url": settings.openai_base_url, "api_key": settings.openai_api_key.get_secret_value()}
            accounts["openai"] = own | accounts.get("openai", {})
        if not accounts:
            return cls.offline()
        provider, account = next(iter(accounts.items()))
        models = list(account.get("models") or ())
        is_set = provider == "openai" or "openai_model" in settings.model_fields_set
        name = models[0] if models else settings.openai_model if is_set else ""
        base_url = str(account.get("base_url") or "")
        return cls(provider, name, base_url, SecretStr(str(account.get("api_key") or "")), accounts)

    def offers(self) -> list[dict[str, Any]]:
        """Return what the api tells of the providers: names and models, no address and no key."""
        offers: list[dict[str, Any]] = []
        for provider, account in (self.accounts or {self.provider: {"models": {self.name: {}}}}).items():
            models = list(account.get("models") or ())
            default = self.name if provider == self.provider else (models[0] if models else None)
            offers.append({"name": provider, "models": models, "default_model": default or None})
        return offers
