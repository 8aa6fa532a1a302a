"""`tandem demo` and `tandem up`: commands that the `tandem` program gains when the local stack is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tandem_client.cli.encodings import FileEncoding

DataDirOption = Annotated[Path, typer.Option(help="Where data live; they survive a restart.")]
UiPortOption = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port of the review page; a free one when left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands. Imports little, so that other commands start quickly."""
    app.command()(demo)
    app.command()(up)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit when the job is over; serve no page.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="Write the summary to this file.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A CSV or JSONL file in place of the 4,200 tweets.")
    ] = None,
    text_column: Annotated[
        list[str] | None, typer.Option(help="Column with the text to label; repeatable. `text` when left out.")
    ] = None,
    gold_column: Annotated[str | None, typer.Option(help="Its column with the right label, for the accuracy.")] = None,
    id_column: Annotated[
        str | None,
        typer.Option(help="Column with a unique key. Left out: the column `id`, or ids made from the content."),
    ] = None,
    encoding: FileEncoding = None,
    labels: Annotated[str | None, typer.Option(help="The labels to choose from: a,b,c")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first records.")] = None,
    data_dir: DataDirOption = Path(".tandem"),
    ui_port: UiPortOption = None,
) -> None:
    """Label 4,200 tweets, or a file of your own, on this machine; then serve the review page until Ctrl-C."""
    from tandem_local.demo.command import DemoOptions, run_demo
    from tandem_local.demo.data import describe

    values = [label.strip() for label in labels.split(",") if label.strip()] if labels else None
    if values is not None and len(values) < 2:
        raise typer.BadParameter("give at least two labels, separated by commas", param_hint="--labels")
    chosen = describe(
        data,
        text_columns=text_column or (),
        gold_column=gold_column,
        id_column=id_column,
        labels=values,
        encoding=encoding.value if encoding else None,
    )
    run_demo(DemoOptions(chosen, limit=limit, once=once, json_file=json_file, data_dir=data_dir, ui_port=ui_port))


def up(data_dir: DataDirOption = Path(".tandem"), ui_port: UiPortOption = None) -> None:
    """Serve the whole of Tandem on this machine until Ctrl-C."""
    from tandem_local.up import run_up

    run_up(data_dir, ui_port=ui_port)
