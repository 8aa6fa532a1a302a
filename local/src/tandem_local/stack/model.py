"""Model that the stack labels with: an OpenAI-compatible account, or the offline annotator."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from tandem_local.settings import LocalSettings

OFFLINE_MODEL = "tandem-offline"


@dataclass(frozen=True)
class StackModel:
    """A provider and its model. `base_url` None: the offline annotator, which the stack starts itself."""

    provider: str
    name: str
    base_url: str | None
    api_key: SecretStr

    @classmethod
    def offline(cls) -> StackModel:
        return cls("offline", OFFLINE_MODEL, None, SecretStr(""))

    @classmethod
    def chosen(cls, settings: LocalSettings) -> StackModel:
        """Return OpenAI, or the server at OPENAI_BASE_URL, when there is a key; else the offline annotator."""
        if settings.openai_api_key is None:
            return cls.offline()
        return cls("openai", settings.openai_model, settings.openai_base_url, settings.openai_api_key)
