"""Reads price files: the one that comes with Tandem, and the operator's, which wins."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tandem.pricing import PriceFileError, PriceTable, parse_prices

COMES_WITH_TANDEM = "prices.yaml"


def load_prices(operators: Path | None = None) -> PriceTable:
    """Load the price table. Raises PriceFileError when the operator's file is missing or wrong: a service that does not
    start is better than wrong amounts."""
    ours = parse_prices((files("tandem.pricing") / COMES_WITH_TANDEM).read_text("utf-8"), name=COMES_WITH_TANDEM)
    if operators is None:
        return PriceTable([ours])
    try:
        text = operators.read_text("utf-8")
    except OSError as error:
        raise PriceFileError(f"{operators} cannot be read: {error.strerror}") from error
    return PriceTable([parse_prices(text, name=str(operators)), ours])
