"""Client of a provider account: sends calls and reads what comes back.

The SDK brings authentication, addresses, options and errors; `transport` takes its cheap way. The raw response is read
by `chat` and `responses`, since building the SDK's response models costs more than reading the few fields that are
needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import openai

from tandem.events import Completion
from tandem_llm_worker.providers import chat, responses
from tandem_llm_worker.providers.answers import CUT, NO_USAGE, Answer
from tandem_llm_worker.providers.capabilities import Api
from tandem_llm_worker.providers.errors import TRANSPORT_ERRORS, map_error
from tandem_llm_worker.providers.listing import ModelListing
from tandem_llm_worker.providers.transport import AccountCaller, Wire
from tandem_llm_worker.settings import ProviderSettings

LIST_SECONDS = 20.0
_WIRE = {
    "chat": ("/chat/completions", chat.request, chat.read),
    "responses": ("/responses", responses.request, responses.read),
}
"""The path below the base URL, the writer of the body and the reader of the answer, by API."""


class ProviderClient:
    """Sends calls of one provider. Close it when done."""

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self._deadline = settings.timeout_seconds
        self._deployments = {name: model.deployment for name, model in settings.models.items() if model.deployment}
        wire = Wire()
        self._sdk = _sdk(settings, wire)
        self._caller = AccountCaller(self._sdk, wire)

    async def call(
        self, api: Api, model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]
    ) -> Answer:
        """Call the provider once. `parameters` have the names of chat completions.

        Raises CallFailed, always with the status where there was one.
        """
        model = self._deployments.get(model, model)
        path, write, read = _WIRE[api]
        try:
            async with asyncio.timeout(self._deadline):  # to the last byte: an answer that trickles ends too
                reply = await self._caller.post(path, write(model, messages, parameters))
        except TRANSPORT_ERRORS as error:
            failed = map_error(error, sent=parameters)
            if failed.is_cut:  # the provider checked the format of what was cut
                cut = Completion(text=failed.generated, finish_reason=CUT)
                return Answer((cut,), NO_USAGE, headers=failed.headers or {})
            raise failed from error
        return read(reply.content, status=reply.status, headers=reply.headers, sent=parameters)

    async def listing(self) -> ModelListing | None:
        """Fetch the provider's list of models; None where it has none, or lists other names than it is called by.

        Raises CallFailed.
        """
        if isinstance(self._sdk, openai.AsyncAzureOpenAI):
            return None
        try:
            async with asyncio.timeout(LIST_SECONDS):
                page = await self._sdk.models.list()
        except openai.NotFoundError:
            return None
        except TRANSPORT_ERRORS as error:
            raise map_error(error) from error
        return ModelListing(entry.model_dump() for entry in page.data or ())

    async def close(self) -> None:
        await self._sdk.close()


def _sdk(settings: ProviderSettings, wire: Wire) -> openai.AsyncOpenAI:
    """Return the SDK's client for the kind of provider; its own retries are off."""
    http = wire.http_client()
    common: dict[str, Any] = {
        "api_key": settings.api_key.get_secret_value() or "none",
        "max_retries": 0,
        "timeout": settings.timeout_seconds,
        "default_headers": {name: value.get_secret_value() for name, value in settings.headers.items()},
    }
    if settings.kind == "azure":
        return openai.AsyncAzureOpenAI(
            azure_endpoint=settings.base_url, api_version=settings.api_version, http_client=http, **common
        )
    return openai.AsyncOpenAI(base_url=settings.base_url, http_client=http, **common)
