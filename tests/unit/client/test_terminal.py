"""What the command line prints: whole at 80 columns, nothing said twice."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import Progress
from rich.table import Table

from tandem_client.checks import FieldProblem
from tandem_client.cli.progress import ID_WIDTH, job_table, plain_line
from tandem_client.cli.quality_tables import agents_table, pairs_table, report_lines, value_lines
from tandem_client.cli.terminal import SafeConsole, json_for_terminals
from tandem_client.models import Job
from tandem_client.quality import Comparison, JobReport, TaskReport

ID = "5ac9a1cdfca84a28ac5e963dbc12a5c1"


def job(**more: Any) -> Job:
    return Job.model_validate(
        {
            **dict.fromkeys(("project_id", "dataset_id", "agent_id", "label_schema_id"), "x"),
            "id": ID,
            "name": "tweets with [a] model",
            "state": "completed",
            "size": 4200,
            "counts": {"labeled": 4200, "invalid": 0, "failed": 0, "not_run": 0, "needs_review": 750},
            "agent": {"name": "a", "version": 1, "provider": "p", "model": "m"},
            "created_at": datetime.now(UTC),
            **more,
        }
    )


def printed(what: RenderableType, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_table_of_jobs_fits_a_narrow_terminal_and_shows_ids_in_a_wide_one() -> None:
    narrow = printed(job_table([job()], width=80))
    assert "completed" in narrow
    assert "4,200 of 4,200" in narrow
    assert "…" not in narrow
    assert ID not in narrow
    assert "failed" not in narrow  # nothing failed
    wide = printed(job_table([job(), job(state="running", rate_per_second=100.0)], width=ID_WIDTH), ID_WIDTH)
    assert wide.count(ID) == 2
    assert "tweets with [a] model" in wide
    assert "100/s" in wide
    assert printed(job_table([], width=80)).strip().split() == ["job", "state", "done", "labeled"]


def test_a_line_of_a_job_says_its_state_once() -> None:
    assert plain_line(job()).count("completed") == 1
    waiting = plain_line(job(state="waiting", state_reason="no_workers"))
    assert waiting.startswith("tweets with [a] model: waiting (no_workers), 4200 of 4200, ")


def test_a_problem_ends_before_its_cure_begins() -> None:
    assert FieldProblem(detail="there is fields.text", cure="Make another.").sentence == (
        "there is fields.text. Make another."
    )
    assert FieldProblem(detail="Nothing to do.").sentence == "Nothing to do."


def test_a_report_shows_numbers_and_texts_too() -> None:
    number = {"smallest": 0.0, "largest": 29.0, "mean": 14.5}
    assert list(value_lines(TaskReport(task="n", kind="number", labeled=2, number=number))) == [
        "0 to 29, 14.5 on average"
    ]
    text = {"distinct": 2, "distinct_is_exact": True, "mean_length": 3.4, "top": [{"text": "so", "count": 3, "seq": 0}]}
    assert list(value_lines(TaskReport(task="t", kind="text", labeled=4, text=text))) == [
        "2 different texts of 3 characters on average",
        "  3 x 'so'",
    ]
    spans = TaskReport(task="s", kind="span", labeled=3, per_record=({"number": 0, "records": 2},))
    assert list(value_lines(spans)) == ["spans a record: 0 (2 x)"]


def test_no_answer_is_not_shown_as_an_empty_one() -> None:
    counts = {"labeled": 0, "invalid": 1, "failed": 0, "not_run": 0, "needs_review": 1}
    invalid = {"reason": "not_carried_over", "answer": "", "count": 11, "seq": 0}
    report = JobReport.model_validate({**_report(), "counts": counts, "invalid_answers": [invalid]})
    assert "  11 x not_carried_over, e.g. record 0" in list(report_lines(report))


def test_compared_agents_stand_in_one_line_each() -> None:
    known = {"known": 30, "compared": 30, "right": 11, "accuracy": 11 / 30, "accuracy_low": 0.219, "accuracy_high": 0.5}
    contest = {"difference": 0.0, "difference_low": -0.06, "difference_high": 0.06}
    contest |= dict.fromkeys(("compared", "both_right", "first_alone", "second_alone", "neither"), 0)
    names = ("j-first", "j-second")
    task = {
        **dict.fromkeys(("compared", "by_all", "unanimous"), 30),
        "task": "mood",
        "kind": "single_choice",
        "differing": 0,
        "agents": [{"job_id": name, "labeled": 30, "mean_confidence": 0.4, "gold": known} for name in names],
        "pairs": [{"first": names[0], "second": names[1], "compared": 30, "same": 30, "agreement": 1, "gold": contest}],
    }
    found = Comparison.model_validate({"records": 30, "jobs": [_compared(name) for name in names], "tasks": [task]})
    agents, pairs = (printed(table(found, found.tasks[0])) for table in (agents_table, pairs_table))
    assert len(agents.splitlines()) == 3
    assert "36.7% of 30" in agents
    assert "verified" not in agents  # nobody decided
    assert len(pairs.splitlines()) == 2
    assert "kappa" not in pairs


def _report() -> dict[str, Any]:
    return {"job_id": ID, "state": "completed", "final": True, "share": 1.0, "verified": 0, "cost": {"total": {}}}


def _compared(name: str) -> dict[str, Any]:
    agent = {"name": "a", "version": 1, "provider": "p", "model": "m"}
    return {"job_id": name, "name": name, "state": "completed", "agent": agent, "cost": {"total": {}}}


def test_no_text_steers_the_terminal_and_the_programs_own_style_stays() -> None:
    console = SafeConsole(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    wicked = "a\x1b[2J\x1b]0;title\x9b31m\x7f\ttab\nb"
    table = Table("name", box=None)
    table.add_row(wicked)
    with Progress(console=console) as bar:
        bar.add_task(wicked, total=1)
    console.print("[bold red]Error:[/]", wicked, table, markup=True)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "\x1b[1;31mError:" in shown
    assert "␛[2J␛]0;title�31m␡" in shown
    for sequence in ("\x1b[2J", "\x1b]0;", "\x9b", "\x7f"):
        assert sequence not in shown


def test_json_for_a_terminal_is_the_same_json() -> None:
    found = {"text": "\x1b[2J \x7f \x9b ü"}
    text = json_for_terminals(json.dumps(found, ensure_ascii=False))
    assert json.loads(text) == found
    assert all(character.isprintable() for character in text)
