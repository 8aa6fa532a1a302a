"""Exports as files: they appear when they are complete."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from tandem_client.transport import Transport

ExportFormat = Literal["csv", "jsonl", "parquet", "arrow", "huggingface"]
ENDINGS: dict[str, ExportFormat] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".zip": "huggingface",
}
"""Ending of a file to its format."""


def format_of(file: Path) -> ExportFormat:
    """Return the format that the file's ending says, JSONL for any other."""
    return ENDINGS.get(file.suffix.lower(), "jsonl")


def saved(transport: Transport, path: str, file: Path, **params: Any) -> int:
    """Stream an export to the file; return its size in bytes. A broken transfer leaves an earlier file as it was."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as sink:
            size = 0
            with transport.download(path, **params) as chunks:
                for chunk in chunks:
                    size += sink.write(chunk)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return size
