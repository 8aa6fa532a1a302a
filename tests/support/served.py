"""ASGI applications on ports of their own, as the services serve them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tandem.runtime.serving import HttpServer
from tandem.settings import HttpSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve the application; yields its address."""
    server = HttpServer(app, HttpSettings(port=0))
    running = asyncio.create_task(server.run())
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()
        await running
