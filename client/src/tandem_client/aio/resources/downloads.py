"""Exports as files: they appear when they are complete."""


# Written by `make async-client` from resources/downloads.py: change that one.

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tandem_client.aio.transport import Transport


async def saved(transport: Transport, path: str, file: Path, **params: Any) -> int:
    """Stream an export to the file; return its size in bytes. A broken transfer leaves an earlier file as it was."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as sink:
            size = 0
            async with transport.download(path, **params) as chunks:
                async for chunk in chunks:
                    size += sink.write(chunk)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return size
