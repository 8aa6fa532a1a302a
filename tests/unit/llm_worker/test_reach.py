"""Why a provider cannot be reached. The errors are real: raised by connections on loopback."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tandem.runtime.processes import free_port
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.providers.errors import CallFailed
from tandem_llm_worker.providers.reach import why_unreachable
from tandem_llm_worker.settings import ProviderSettings


async def failure(base_url: str) -> CallFailed:
    """Return how the first call fails, which the SDK makes, and the next, which goes straight over the wire."""
    client = ProviderClient("p", ProviderSettings(base_url=base_url, timeout_seconds=5))
    try:
        with pytest.raises(CallFailed) as raised:
            await client.call("chat", "m", [], {})
    finally:
        await client.close()
    return raised.value


async def test_a_port_without_a_server_refuses_the_connection() -> None:
    failed = await failure(f"http://127.0.0.1:{free_port()}/v1")

    assert why_unreachable(failed) == "connection refused"


async def test_a_name_that_does_not_resolve_is_told_as_such() -> None:
    assert why_unreachable(await failure("http://nowhere.invalid/v1")) == "its name does not resolve (DNS)"


async def test_a_server_that_speaks_no_tls_is_told_as_such() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        failed = await failure(f"https://127.0.0.1:{port}/v1")

    assert why_unreachable(failed) == "no TLS connection can be made"


async def test_a_connection_that_breaks_off_was_one() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        failed = await failure(f"http://127.0.0.1:{port}/v1")

    assert why_unreachable(failed) is None
    assert failed.kind == "connection"


def test_an_invalid_certificate_is_told_as_such() -> None:
    assert why_unreachable(ssl.SSLCertVerificationError(1, "self-signed")) == "its TLS certificate is not valid"
