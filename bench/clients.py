"""What a call costs by client library alone: the SDK with each of its transports, and the worker's way of using it.

    uv run python bench/clients.py [--calls 2000] [--in-flight 64] [--latency-ms 50]

One simulated provider, no Kafka. Each client runs in a process of its own, one after the other; a tenth of the calls
first warms it up and is not counted. Peak memory is that of the client's process, libraries and all.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
import openai
import orjson

from tandem.testing.provider import ProviderProcess
from tandem_llm_worker.providers.transport import AccountCaller, Wire

Call: TypeAlias = Callable[[dict[str, Any]], Awaitable[object]]
Made: TypeAlias = tuple[Call, openai.AsyncOpenAI]

SCHEMA = {
    "type": "object",
    "properties": {"sentiment": {"type": "string", "enum": ["positive", "neutral", "negative"]}},
    "required": ["sentiment"],
    "additionalProperties": False,
}


def body(number: int) -> dict[str, Any]:
    return {
        "model": "simulated",
        "messages": [
            {"role": "system", "content": "Choose the sentiment of the text."},
            {"role": "user", "content": f"@airline flight {number} was late again and nobody told us why"},
        ],
        "max_tokens": 50,
        "logprobs": True,
        "top_logprobs": 5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}},
    }


def stock(base_url: str) -> Made:
    sdk = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    return lambda asked: sdk.chat.completions.create(**asked), sdk


def stock_aiohttp(base_url: str) -> Made:
    sdk = openai.AsyncOpenAI(
        base_url=base_url, api_key="none", max_retries=0, http_client=openai.DefaultAioHttpClient()
    )
    return lambda asked: sdk.chat.completions.create(**asked), sdk


def the_workers(base_url: str) -> Made:
    wire = Wire()
    sdk = openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0, http_client=wire.http_client())
    caller = AccountCaller(sdk, wire)

    async def call(asked: dict[str, Any]) -> object:
        return orjson.loads((await caller.post("/chat/completions", asked)).content)

    return call, sdk


CLIENTS: dict[str, Callable[[str], Made]] = {
    "openai SDK, default transport": stock,
    "openai SDK, its aiohttp transport": stock_aiohttp,
    "openai SDK as the worker uses it": the_workers,
}


async def measure(make: Callable[[str], Made], base_url: str, calls: int, in_flight: int) -> tuple[float, float]:
    """CPU seconds and seconds."""
    call, sdk = make(base_url)
    numbers = iter(range(calls + calls // 10))

    async def work(until: int) -> None:
        for number in numbers:
            await call(body(number))
            if number >= until:
                return

    async with sdk:
        await asyncio.gather(*(work(calls // 10 - in_flight) for _ in range(in_flight)))
        cpu, began = time.process_time(), time.monotonic()
        await asyncio.gather(*(work(sys.maxsize) for _ in range(in_flight)))
        return time.process_time() - cpu, time.monotonic() - began


def run_one(name: str, base_url: str, calls: int, in_flight: int) -> None:
    cpu, seconds = asyncio.run(measure(CLIENTS[name], base_url, calls, in_flight))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<36} {1000 * cpu / calls:5.2f} CPU-s per 1,000 calls, {calls / seconds:5.0f} calls/s, {peak:4.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU a call by client library.")
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--client", choices=list(CLIENTS), help="this one alone, against --base-url")
    parser.add_argument("--base-url")
    arguments = parser.parse_args()
    if arguments.client and arguments.base_url:
        run_one(arguments.client, arguments.base_url, arguments.calls, arguments.in_flight)
        return
    with tempfile.TemporaryDirectory() as folder, ProviderProcess(log_file=Path(folder) / "provider.log") as provider:
        behaviour = {"latency_ms": arguments.latency_ms, "latency_spread": 0.42}
        httpx2.post(f"{provider.control_url}/behaviour", json=behaviour).raise_for_status()
        options = ["--base-url", provider.base_url, "--calls", arguments.calls, "--in-flight", arguments.in_flight]
        for _ in range(arguments.runs):
            for name in [arguments.client] if arguments.client else CLIENTS:
                command = [sys.executable, __file__, "--client", name, *map(str, options)]
                subprocess.run(command, check=True)  # noqa: S603 - this very file


if __name__ == "__main__":
    main()
