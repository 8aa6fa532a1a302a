"""`tandem import`: a file into a data set."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from tandem_client.cli.encodings import FileEncoding
from tandem_client.cli.faults import reporting
from tandem_client.cli.rollback import rollback
from tandem_client.cli.session import connected, err, out, the_label_schema
from tandem_client.models import ImportResult
from tandem_client.resources.uploads import Delimiter

NAMED_COLUMNS = 20


class ToolName(StrEnum):
    NONE = "none"
    LABEL_STUDIO = "label-studio"
    ARGILLA = "argilla"
    DOCCANO = "doccano"
    PRODIGY = "prodigy"
    POTATO = "potato"


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
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV, JSONL, JSON, Parquet or Excel; texts also in gzip or zstd."
        ),
    ],
    project: Annotated[str, typer.Option(help="Name of the project; created if it does not exist.")],
    text_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Column that becomes a field of the record; repeatable. field=column where they differ; in JSONL a "
            "column may be a path, e.g. text=data.body. Left out: the column text."
        ),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of the data set; the file's name when left out.")] = None,
    id_column: Annotated[
        str | None,
        typer.Option(
            help="Column with your own unique key. Left out: the column id, if there is one; else ids are made of the "
            "content, and the same file can be imported again and again."
        ),
    ] = None,
    make_ids: Annotated[
        bool, typer.Option("--make-ids", help="Make ids of the content, even where a column seems to hold some.")
    ] = False,
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
        typer.Option(help="Delimiter of a CSV file; detected when left out."),
    ] = None,
    encoding: FileEncoding = None,
    metadata_column: Annotated[
        list[str] | None,
        typer.Option(help="Column to keep beside the record; repeatable. name=column renames it, * is all others."),
    ] = None,
    skip_duplicates: Annotated[
        bool, typer.Option(help="Leave out ids that are there already, as is done where ids are made.")
    ] = False,
    skip_same_content: Annotated[
        bool, typer.Option(help="Leave out rows whose fields equal those of another record.")
    ] = False,
    tool: Annotated[
        ToolName | None,
        typer.Option(help="Annotation tool that wrote the file; detected when left out. none: keep its objects."),
    ] = None,
    skip_empty: Annotated[bool, typer.Option("--skip-empty", help="Leave out rows without text.")] = False,
    sheet: Annotated[str | None, typer.Option(help="Sheet of an Excel file; the first one when left out.")] = None,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the rows with faults here, as CSV, if there are any.")
    ] = None,
) -> None:
    """Import a file into a data set: all of it, or nothing and an error that names row and column."""
    if delimiter is None and file.suffix.lower() == ".tsv":
        delimiter = DelimiterName.TAB
    with connected() as tandem, rollback(tandem) as made:
        home = made.project(project)
        label_schema = the_label_schema(tandem, home, schema) if schema else None
        name = dataset or file.name.partition(".")[0]
        target = made.dataset(home, name)
        with Progress(console=err, transient=True, disable=not err.is_terminal) as bar, reporting(report):
            upload = bar.add_task(f"Importing {file.name}", total=file.stat().st_size)
            result = tandem.datasets.import_file(
                target.id,
                file,
                text_columns=text_column or ["text"],
                id_column=id_column,
                make_ids=make_ids,
                gold_column=gold_column,
                gold_task=gold_task,
                gold_columns=_pairs(gold_columns),
                gold_separator=gold_separator,
                label_schema_id=label_schema.id if label_schema else None,
                metadata_columns=metadata_column or [],
                delimiter=_DELIMITERS[delimiter] if delimiter else None,
                sheet=sheet,
                skip_empty=skip_empty,
                tool=tool.value if tool else None,
                encoding=encoding.value if encoding else None,
                on_duplicate="skip" if skip_duplicates else None,
                on_same_content="skip" if skip_same_content else "keep",
                on_bytes=lambda sent: bar.update(upload, completed=sent),
            )
    left_out = f", {result.skipped} skipped" if result.skipped else ""
    out.print(f"{result.records} records imported into {home.name} / {name}{left_out}.", markup=False, soft_wrap=True)
    for sentence in _about(result, id_column, skip_same_content=skip_same_content):
        out.print(sentence, markup=False, soft_wrap=True)


def _about(result: ImportResult, id_column: str | None, *, skip_same_content: bool) -> Iterator[str]:
    """Yield the sentences that tell people where the records' ids come from."""
    if result.id_column is None:
        example = f" ({', '.join(result.made_ids[:2])}, …)" if result.made_ids else ""
        yield f"Ids were made from the rows' content{example}: importing the file again adds only what is new."
        if result.repeated and result.records and not skip_same_content:
            yield (
                f"Rows that equal an earlier one: {result.repeated}. They are records of their own, with -2, -3 … "
                "behind the id; --skip-same-content leaves such rows out."
            )
    elif id_column is None:
        yield f"Ids are those of the column {result.id_column!r}."
    for task, column in result.gold.items():
        if task != column:
            yield f"Gold: the column {column!r} has the right answers of the task {task!r}."
    if result.tool:
        yield f"The file is an export of {result.tool}: {result.opinions} opinions of its annotators are kept."
    if result.disagreed:
        yield f"Records without gold, because the annotators said different things: {result.disagreed}."
    if result.empty:
        yield f"Rows without text that were left out: {result.empty}."
    if result.left_out:
        shown = ", ".join(result.left_out[:NAMED_COLUMNS])
        more = f" and {len(result.left_out) - NAMED_COLUMNS} more" if len(result.left_out) > NAMED_COLUMNS else ""
        yield f"Columns that were left out: {shown}{more}. --metadata-column '*' keeps them."
    if result.changed:
        yield (
            f"Skipped rows whose content differs from the record of their id: {result.changed}. Records never "
            "change; import these rows into another data set to keep what is new in them."
        )


def _pairs(text: str | None) -> dict[str, str]:
    """`a=b,c` as a to b and c to c."""
    parts = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    return {name.strip(): column.strip() or name.strip() for name, _, column in parts}
