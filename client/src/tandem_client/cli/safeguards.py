"""`--canary`, `--go-on-below`, `--stop-above`, `--rate`: how carefully and how fast a job runs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tandem_client.cli.shares import share

OF_LAST = 100
"""Records that a failure stop looks at where the option does not say."""
CanaryOption = Annotated[
    int | None, typer.Option("--canary", min=1, help="Run so many first records, then wait for `tandem job go`.")
]
GoOnBelow = Annotated[
    str | None,
    typer.Option(
        "--go-on-below",
        metavar="SHARE",
        help="With --canary: go on by itself if at most this share has no label, e.g. 5%.",
    ),
]
StopAbove = Annotated[
    str | None,
    typer.Option(
        "--stop-above",
        metavar="SHARE[/N]",
        help="Wait when more than this share of the last N records has no label, e.g. 20%/50; N is 100 when left out.",
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", min=0, help="No more than so many records a minute.")]


def canary_body(records: int | None, go_on_below: str | None) -> dict[str, Any] | None:
    """Return the canary as the API takes it; None without one. Raises typer.BadParameter."""
    if records is None:
        if go_on_below is not None:
            raise typer.BadParameter("it needs --canary", param_hint="--go-on-below")
        return None
    most = None if go_on_below is None else _share(go_on_below, hint="--go-on-below")
    return {"records": records, "most_unlabeled": most}


def failure_stop_body(stop_above: str | None) -> dict[str, Any] | None:
    """Return the failure stop as the API takes it; None without one. Raises typer.BadParameter."""
    if stop_above is None:
        return None
    share, _, last = stop_above.partition("/")
    if last and not last.strip().isdigit():
        raise typer.BadParameter(f"{last!r} is not a number of records", param_hint="--stop-above")
    return {"share": _share(share, hint="--stop-above"), "of_last": int(last) if last else OF_LAST}


def _share(text: str, *, hint: str) -> float:
    """Read `5%` or `0.05`. Raises typer.BadParameter."""
    try:
        return share(text)
    except typer.BadParameter as error:
        raise typer.BadParameter(error.message, param_hint=hint) from None
