"""`tandem dataset`: all commands for data sets."""

from __future__ import annotations

from tandem_client.cli import exporting, previewing
from tandem_client.cli.projects import datasets as app

app.command("preview")(previewing.preview)
app.command("export")(exporting.export_dataset)

__all__ = ["app"]
