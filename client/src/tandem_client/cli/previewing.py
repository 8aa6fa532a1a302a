"""`tandem dataset preview`: what an import would make of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tandem_client.cli.session import connected, out, the_label_schema, the_project
from tandem_client.models import ImportPreview

SHOWN_ROWS = 5
CELL = 60
"""Characters of a text that are shown."""


def preview(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file, of any format that is read.")],
    project: Annotated[str | None, typer.Option(help="The project it will go to, if there is one already.")] = None,
    schema: Annotated[str | None, typer.Option(help="Label schema whose tasks the gold values are of.")] = None,
    text_column: Annotated[
        list[str] | None, typer.Option(help="Column that becomes a field, repeatable; guessed when left out.")
    ] = None,
    gold_columns: Annotated[str | None, typer.Option(help="Gold columns, as task=column, by commas.")] = None,
    metadata_column: Annotated[list[str] | None, typer.Option(help="Column to keep; * is all others.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of an Excel file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
) -> None:
    """Show what an import would make of a file: format, columns, ids, gold, the first records. Nothing is written."""
    with connected() as tandem:
        home = the_project(tandem, project) if project else None
        label_schema = the_label_schema(tandem, home, schema) if home and schema else None
        pairs = [part.partition("=") for part in (gold_columns or "").split(",") if part.strip()]
        found = tandem.datasets.preview(
            file,
            project_id=home.id if home else None,
            text_columns=text_column or [],
            gold_columns={name.strip(): column.strip() or name.strip() for name, _, column in pairs},
            label_schema_id=label_schema.id if label_schema else None,
            metadata_columns=metadata_column or [],
            sheet=sheet,
        )
    if as_json:
        out.print_json(found.model_dump_json())
        return
    for part in (_about(found), _columns(found), *_records(found)):
        out.print(part, soft_wrap=isinstance(part, str))
    for fault in found.faults:
        out.print(f"Fault: {fault.detail} {fault.cure}", markup=False, soft_wrap=True)
    if found.left_out:
        out.print(f"Left out: {', '.join(found.left_out)}", markup=False, soft_wrap=True)


def _about(found: ImportPreview) -> str:
    packed = f" in {found.packing}" if found.packing else ""
    tool = f", written by {found.tool}" if found.tool else ""
    seen = f"{found.rows_seen} rows" if found.is_whole else f"the first {found.rows_seen} rows"
    ids = f"the column {found.id_column!r}" if found.id_column else "made of the content"
    gold = ", ".join(f"{task} from {column}" for task, column in found.gold.items()) or "none"
    return escape(f"{found.file_format}{packed}{tool}; {seen}. Ids: {ids}. Gold: {gold}.")


def _columns(found: ImportPreview) -> Table:
    table = Table(box=None)
    for title in ("column", "kind", "filled", "becomes", "for example"):
        table.add_column(title, overflow="fold")
    for column in found.columns:
        examples = ", ".join(_short(example) for example in column.examples[:2])
        table.add_row(*map(escape, (column.name, column.kind, str(column.filled), column.use, examples)))
    return table


def _records(found: ImportPreview) -> list[str]:
    lines = []
    for record in found.records[:SHOWN_ROWS]:
        texts = "; ".join(f"{name}: {_short(text)}" for name, text in record["fields"].items())
        gold = f"  gold: {_short(record['gold'])}" if record.get("gold") else ""
        lines.append(escape(f"{record['record_id']}  {texts}{gold}"))
    return lines


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= CELL else f"{text[:CELL]}…"
