"""Packages of the extra `notebook`, imported when they are first used."""

from __future__ import annotations

import importlib
from typing import Any

from tandem_client.errors import TandemError


def need(module: str, what_for: str) -> Any:
    """Import a package of the extra. Raises TandemError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise TandemError(
            f"{package} is not installed",
            type="missing-package",
            detail=f"{what_for} needs {package}, which is not installed here ({error})",
            cure='Run: pip install "tandem-client[notebook]"',
        ) from error
