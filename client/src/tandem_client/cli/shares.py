"""Options that take a share: `2%` or `0.02`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import typer


def share(value: Any, *, low: float = 0.0, high: float = 1.0) -> float:
    """Read `2%` or `0.02`. Raises typer.BadParameter, also for what is not between `low` and `high`."""
    given = str(value).strip()
    try:
        found = float(given.removesuffix("%")) / (100 if given.endswith("%") else 1)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is not a share such as 2% or 0.02") from None
    if not low <= found <= high:
        raise typer.BadParameter(f"{given!r} is not between {low:g} and {high:g}, which is {high:.0%}")
    return found


def share_option(*names: str, help: str, low: float = 0.0, high: float = 1.0) -> Any:  # noqa: A002 - as typer has it
    """Return an option that takes a share."""
    read: Callable[[Any], float] = partial(share, low=low, high=high)
    return typer.Option(*names, parser=read, metavar="SHARE", help=help)
