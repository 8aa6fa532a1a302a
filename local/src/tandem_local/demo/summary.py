"""Result of a demo run: for people as a table, for programs as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tandem_client import Job, JobReport

BAR_WIDTH = 28


@dataclass(frozen=True)
class Summary:
    """Result of one run.

    `seconds` runs from the start of the job to its end; `accuracy` is None without a gold column.
    """

    records: int
    labeled: int
    invalid: int
    failed: int
    needs_review: int
    accuracy: float | None
    seconds: float
    records_per_second: float
    labels: dict[str, int]
    broker: str
    model: str

    def write_json(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def shown(self) -> RenderableType:
        outcomes = Table.grid(padding=(0, 2))
        for word, number, tint in (
            ("labeled", self.labeled, "green"),
            ("invalid", self.invalid, "yellow"),
            ("failed", self.failed, "red"),
            ("needs review", self.needs_review, "cyan"),
        ):
            share = f"{number / self.records:6.1%}" if self.records else ""
            outcomes.add_row(word, Text(f"{number:>7,}", style=tint if number else "dim"), share)
        spread = Table.grid(padding=(0, 2))
        most = max(self.labels.values(), default=1)
        for label, number in self.labels.items():
            bar = "█" * max(1, round(BAR_WIDTH * number / most)) if number else ""
            spread.add_row(label, f"{number:>7,}", Text(bar, style="blue"))
        accuracy = (
            "no gold label to compare with" if self.accuracy is None else f"{self.accuracy:.1%} against the gold label"
        )
        facts = Table.grid(padding=(0, 2))
        facts.add_row("accuracy", accuracy)
        facts.add_row("time", f"{self.seconds:.1f} s, {self.records_per_second:.0f} records/s")
        facts.add_row("model", self.model)
        facts.add_row("broker", self.broker)
        body = Group(outcomes, "", Text("labels", style="bold"), spread, "", facts)
        return Panel(body, title=f"{self.records:,} records", title_align="left", expand=False, padding=(1, 2))


def summarize(job: Job, report: JobReport, *, task: str, broker: str) -> Summary:
    started = job.started_at or job.created_at
    seconds = ((job.finished_at or datetime.now(UTC)) - started).total_seconds()
    return Summary(
        records=job.size,
        labeled=job.counts.labeled,
        invalid=job.counts.invalid,
        failed=job.counts.failed,
        needs_review=job.counts.needs_review,
        accuracy=report.accuracy,
        seconds=round(seconds, 3),
        records_per_second=round(job.counts.ended / seconds, 1) if seconds > 0 else 0.0,
        labels=dict(sorted(report.labels.get(task, {}).items(), key=lambda item: -item[1])),
        broker=broker,
        model=job.agent.model,
    )
