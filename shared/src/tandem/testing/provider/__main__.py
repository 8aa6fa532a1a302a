"""`python -m tandem.testing.provider`: the simulated provider as a program."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress

from tandem.testing.provider.behaviour import Behaviour
from tandem.testing.provider.server import SimulatedProvider


async def _serve(port: int, behaviour: Behaviour) -> None:
    async with SimulatedProvider(behaviour, port=port) as provider:
        sys.stdout.write(f"simulated provider at {provider.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A simulated model provider on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    parser.add_argument("--behaviour", default="{}", help="JSON, the fields of Behaviour")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, Behaviour.model_validate_json(arguments.behaviour)))


if __name__ == "__main__":
    main()
