"""The rows of a file that an import refused, at the terminal and as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tandem_client.cli.session import err
from tandem_client.errors import TandemError

SHOWN = 10
_COLUMNS = ("row", "line", "column", "type", "detail")


@contextmanager
def reporting(file: Path | None) -> Iterator[None]:
    """Show the rows with faults where the import fails, and write them to the file; the error goes on."""
    try:
        yield
    except TandemError as error:
        faults = [fault for fault in error.extras.get("faults") or () if isinstance(fault, dict)]
        count = error.extras.get("fault_count") or len(faults)
        for fault in faults[:SHOWN]:
            err.print(f"  - {fault.get('detail')}", markup=False, soft_wrap=True)
        if count > SHOWN and file is None:
            err.print(f"  … {count:,} rows have faults; --report FILE writes the first thousand.", markup=False)
        if file is not None and (faults or error.extras.get("row")):
            _write(file, faults or [_only(error)])
            err.print(f"The rows with faults are in {file}.", markup=False, soft_wrap=True)
        raise


def _write(file: Path, faults: list[dict[str, Any]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, _COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(faults)


def _only(error: TandemError) -> dict[str, Any]:
    return error.extras | {"type": error.type, "detail": error.detail}
