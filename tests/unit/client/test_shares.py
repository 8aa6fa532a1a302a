from __future__ import annotations

import pytest
import typer

from tandem_client.cli.shares import share


@pytest.mark.parametrize(("text", "value"), [("2%", 0.02), (" 0.02 ", 0.02), ("100%", 1.0), (0.05, 0.05), ("0", 0.0)])
def test_a_share_is_read_as_percent_or_as_a_number(text: object, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["2 percent", "", "%", "200%", "-0.1", "2"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"share such as|is not between"):
        share(text)


def test_a_share_out_of_its_bounds_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="is not between"):
        share("60%", low=1e-6, high=0.5)
