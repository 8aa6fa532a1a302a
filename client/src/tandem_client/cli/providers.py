"""`tandem provider`: model providers that the operators configured."""

from __future__ import annotations

import typer
from rich.markup import escape
from rich.table import Table

from tandem_client.cli.session import connected, out

app = typer.Typer(help="Model providers that the operators configured.", no_args_is_help=True)


@app.command("list")
def list_providers() -> None:
    """List the providers, each with its default model and the others that it is configured for."""
    with connected() as tandem:
        found = tandem.access.providers()
    if not found:
        out.print("No worker has reported a provider yet. Start an llm-worker with TANDEM_PROVIDERS, then ask again.")
        return
    table = Table("provider", "default model", "models", box=None)
    for each in found:
        others = ", ".join(each.models) or "any that it offers"
        table.add_row(escape(each.name), escape(each.default_model or ""), escape(others))
    out.print(table)
