from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tandem.events import ErrorKind
from tandem.testing.waiting import eventually
from tandem_llm_worker.accounts import listings
from tandem_llm_worker.accounts.listings import ModelListings
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.listing import Listed, ModelListing


@pytest.mark.parametrize(
    ("entry", "name", "window"),
    [
        ({"id": "qwen", "max_model_len": 32768}, "qwen", 32768),  # vLLM
        ({"id": "llama", "meta": {"n_ctx_train": 8192, "n_params": 1}}, "llama", 8192),  # llama.cpp
        ({"id": "llama", "meta": {"n_ctx": 4096, "n_ctx_train": 8192}}, "llama", 4096),
        ({"id": "a/b", "context_length": 128000, "top_provider": {}}, "a/b", 128000),  # OpenRouter
        ({"id": "mixtral", "context_window": 32768, "active": True}, "mixtral", 32768),  # Groq
        (
            {"id": "mistral-2409", "aliases": ["mistral"], "max_context_length": 32000},
            "mistral",
            32000,
        ),
        ({"id": "models/gemini-flash"}, "gemini-flash", None),
        ({"id": "gpt", "context_length": "8k", "meta": ["n_ctx"]}, "gpt", None),
        ({"id": "gpt", "context_length": True}, "gpt", None),
        ({"id": "gpt", "context_length": 0}, "gpt", None),
    ],
)
def test_names_and_windows_are_read_as_servers_write_them(entry: object, name: str, window: int | None) -> None:
    assert ModelListing([entry]).of(name) == Listed(True, window)


def test_a_name_that_is_not_listed_comes_with_similar_ones() -> None:
    listing = ModelListing([{"id": "gpt-4o-mini"}, {"id": "gpt-4o"}, {"id": "embed"}, "nonsense", {"id": 7}, {}])
    assert len(listing) == 3
    assert listing.of("gpt4o-mini") == Listed(False, alike=("gpt-4o-mini", "gpt-4o"))
    assert listing.of("zzz") == Listed(False)


async def until(holds: Callable[[], bool]) -> None:
    async def look() -> bool:
        return holds()

    await eventually(look, timeout=5)


async def test_a_list_is_read_once_and_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "FIRST_WAIT_SECONDS", 0.0)
    read: list[str] = []

    async def flaky() -> ModelListing | None:
        read.append("flaky")
        if len(read) < listings.TRIES:
            raise CallFailed(ErrorKind.CONNECTION, CallVerdict.TRANSIENT, "away")
        return ModelListing([{"id": "m", "max_model_len": 10}])

    async def down() -> ModelListing | None:
        read.append("down")
        raise CallFailed(ErrorKind.CONNECTION, CallVerdict.TRANSIENT, "away")

    async def none() -> ModelListing | None:
        read.append("none")
        return None

    known = ModelListings({"flaky": flaky, "down": down, "none": none})
    work = asyncio.create_task(known.run())
    for provider in ("flaky", "flaky", "none", "unheard of"):
        known.want(provider)
    await until(lambda: read.count("none") == 1)
    assert read == [*["flaky"] * listings.TRIES, "none"]
    assert known.of("flaky", "m") == Listed(True, 10)
    assert known.of("none", "m") is None
    known.want("down")
    await until(lambda: read.count("down") == listings.TRIES)
    assert known.of("down", "m") is None
    assert not work.done()
    work.cancel()
