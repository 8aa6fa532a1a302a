"""Reads each provider's list of models once one of its models is asked for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

from tandem.observability.logs import get_logger
from tandem_llm_worker.providers.errors import CallFailed
from tandem_llm_worker.providers.listing import Listed, ModelListing

TRIES = 3
FIRST_WAIT_SECONDS = 2.0
"""Before the second try; doubles, and is drawn at random up to that."""

_log = get_logger(__name__)

ReadList = Callable[[], Awaitable[ModelListing | None]]
"""Fetches one provider's list. None: it has none. Raises CallFailed."""


class ModelListings:
    """The lists of the providers that are in use, read in the background: no call waits for them.

    A list that cannot be had after a few tries is given up; nothing is then said of the provider's models.
    """

    def __init__(self, readers: Mapping[str, ReadList]) -> None:
        self._readers = readers
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._asked: set[str] = set()
        self._listings: dict[str, ModelListing] = {}

    def want(self, provider: str) -> None:
        """Have the provider's list read, once."""
        if provider in self._readers and provider not in self._asked:
            self._asked.add(provider)
            self._wanted.put_nowait(provider)

    def of(self, provider: str, model: str) -> Listed | None:
        """Return what the provider's list says of a model; None as long as there is no list."""
        listing = self._listings.get(provider)
        return None if listing is None else listing.of(model)

    async def run(self) -> None:
        """Read the lists that are wanted, until cancelled."""
        while True:
            await self._read(await self._wanted.get())

    async def _read(self, provider: str) -> None:
        for number in range(TRIES):
            try:
                listing = await self._readers[provider]()
            except CallFailed as error:
                _log.info("provider.models.unlisted", provider=provider, error=str(error))
                if number + 1 < TRIES:
                    await asyncio.sleep(random.uniform(0.0, FIRST_WAIT_SECONDS * 2**number))  # noqa: S311 - jitter
                continue
            if listing is not None and len(listing):
                self._listings[provider] = listing
            return
