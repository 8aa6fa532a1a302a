"""`tandem import`: a file into a data set."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from tandem_client.cli.session import connected, err, out, the_label_schema
from tandem_client.resources.datasets import Delimiter


class DelimiterName(StrEnum):
    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    PIPE = "pipe"


_DELIMITERS: dict[DelimiterName, Delimiter] = {
    DelimiterName.COMMA: ",",
    DelimiterName.SEMICOLON: ";",
    DelimiterName.TAB: "\t",
    DelimiterName.PIPE: "|",
}


def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .csv, .tsv, .jsonl or .ndjson file in UTF-8.")
    ],
    project: Annotated[str, typer.Option(help="Name of the project; made when there is none.")],
    text_column: Annotated[list[str], typer.Option(help="Column that becomes a field of the record; repeatable.")],
    dataset: Annotated[str | None, typer.Option(help="Name of the data set; the file's name when left out.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column with your own unique key; id when left out.")] = None,
    gold_column: Annotated[str | None, typer.Option(help="Column with the right answer, to measure accuracy.")] = None,
    gold_task: Annotated[
        str | None, typer.Option(help="Task of the label schema that the gold column answers.")
    ] = None,
    gold_columns: Annotated[
        str | None, typer.Option(help="Several gold columns, as task=column, separated by commas.")
    ] = None,
    gold_separator: Annotated[
        str | None,
        typer.Option(help="Between the gold labels of a multiple choice, e.g. ';'; else they are JSON lists."),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="Name of the label schema whose tasks the gold values are of; checks them.")
    ] = None,
    delimiter: Annotated[
        DelimiterName | None,
        typer.Option(help="Between the cells of a CSV file; comma, of a .tsv file tab, when left out."),
    ] = None,
    metadata_column: Annotated[list[str] | None, typer.Option(help="Column to keep beside the record.")] = None,
    skip_duplicates: Annotated[bool, typer.Option(help="Leave out ids that are there already.")] = False,
    skip_same_content: Annotated[
        bool, typer.Option(help="Leave out rows whose fields equal those of another record.")
    ] = False,
) -> None:
    """Import a file into a data set: all of it, or nothing and an error that names row and column."""
    kind = file.suffix.lower()
    if kind not in (".csv", ".tsv", ".jsonl", ".ndjson", ".json"):
        raise typer.BadParameter(f"{file.name} does not end in .csv, .tsv, .jsonl or .ndjson", param_hint="'file'")
    with connected() as tandem:
        home = tandem.projects.find(project) or tandem.projects.create(project)
        label_schema = the_label_schema(tandem, home, schema) if schema else None
        name = dataset or file.stem
        target = tandem.datasets.find(home.id, name) or tandem.datasets.create(home.id, name=name)
        take = tandem.datasets.import_jsonl
        if kind in (".csv", ".tsv"):
            take = partial(
                tandem.datasets.import_csv,
                delimiter=_DELIMITERS[delimiter or (DelimiterName.TAB if kind == ".tsv" else DelimiterName.COMMA)],
            )
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
            upload = bar.add_task(f"Importing {file.name}", total=file.stat().st_size)
            result = take(
                target.id,
                file,
                text_columns=text_column,
                id_column=id_column,
                gold_column=gold_column,
                gold_task=gold_task,
                gold_columns=_pairs(gold_columns),
                gold_separator=gold_separator,
                label_schema_id=label_schema.id if label_schema else None,
                metadata_columns=metadata_column or [],
                on_duplicate="skip" if skip_duplicates else "error",
                on_same_content="skip" if skip_same_content else "keep",
                on_bytes=lambda sent: bar.update(upload, completed=sent),
            )
    left_out = f", {result.skipped} skipped" if result.skipped else ""
    out.print(f"{result.records} records imported into {home.name} / {name}{left_out}.")


def _pairs(text: str | None) -> dict[str, str]:
    """`a=b,c` as a to b and c to c."""
    parts = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    return {name.strip(): column.strip() or name.strip() for name, _, column in parts}
