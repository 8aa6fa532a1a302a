"""What the simulated provider itself takes: requests a second on one core, so that it is not what a benchmark measures.

    uv run python bench/provider.py [--calls 20000] [--in-flight 64]

A client that writes ready bytes to kept connections asks for labels with log-probabilities, within a limit that is
enforced and never reached. Requests a CPU-second of the provider's process are what counts: by the clock client and
provider share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from llm_worker import cpu_seconds, memory_mib

from tandem.testing.provider import ProviderProcess

OPTIONS = ["positive", "neutral", "negative"]
SCHEMA = {"type": "object", "properties": {"sentiment": {"type": "string", "enum": OPTIONS}}}


def ask(number: int, host: str) -> bytes:
    """Return the bytes of a whole request, as a worker sends it."""
    body = json.dumps(
        {
            "model": "simulated",
            "messages": [
                {"role": "system", "content": "Label the text: positive, neutral or negative. " * 4},
                {"role": "user", "content": f"@airline flight {number} was late again and nobody told us why"},
            ],
            "logprobs": True,
            "top_logprobs": 10,
            "max_tokens": 64,
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        }
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def caller(host: str, port: int, requests: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = head.lower().split(b"content-length:")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


async def run(arguments: argparse.Namespace, provider: ProviderProcess) -> None:
    async with httpx2.AsyncClient(base_url=provider.control_url) as control:
        limits = {"requests_per_minute": 1e9, "tokens_per_minute": 1e12}
        (await control.post("/behaviour", json={"limits": limits})).raise_for_status()
        url = urlsplit(provider.control_url)
        host, port = str(url.hostname), int(url.port or 80)
        requests = [ask(number, host) for number in range(arguments.calls)]
        parts = [requests[number :: arguments.in_flight] for number in range(arguments.in_flight)]
        cpu, began = cpu_seconds(provider.pid), time.monotonic()
        await asyncio.gather(*(caller(host, port, part) for part in parts))
        cpu, seconds = cpu_seconds(provider.pid) - cpu, time.monotonic() - began
        score = (await control.get("/score")).json()
    assert score["answered"] == arguments.calls
    print(
        f"{arguments.calls} answers, {arguments.in_flight} in flight: {arguments.calls / cpu:.0f} a CPU-second, "
        f"{arguments.calls / seconds:.0f} a second by the clock, peak {memory_mib(provider.pid):.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the simulated provider.")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.runs):
            with ProviderProcess(log_file=Path(folder) / f"provider-{number}.log") as provider:
                asyncio.run(run(arguments, provider))


if __name__ == "__main__":
    main()
