"""The `tandem` command line on a running stack, as a person at a terminal uses it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path

import pytest
import yaml

from stacks import TWEETS, RunningStack
from tandem.testing.waiting import eventually
from tandem_client.cli.session import the_job
from terminals import Terminal, clean_environment


def test_the_program_starts_on_its_own(terminal: Terminal) -> None:
    """The other tests run commands in forks of a process that has imported it."""
    environment = {
        **clean_environment(),
        "XDG_CONFIG_HOME": str(terminal.home),
        "COLUMNS": "200",
        **terminal.environment,
    }
    command = [sys.executable, "-m", "tandem_client", "project", "list"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == terminal.run("project", "list")


@pytest.fixture
def project() -> str:
    return f"terminal {uuid.uuid4().hex[:8]}"


def test_from_a_file_to_labels(terminal: Terminal, project: str, running_stack: RunningStack, tmp_path: Path) -> None:
    run, here = terminal.run, ("--project", project)
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "question: How?\noptions:\n  - value: positive\n    description: joy\n  - neutral\n  - negative\n"
    )

    assert "4200 records imported" in run(
        "import",
        str(TWEETS),
        *here,
        "--text-column",
        "text",
        "--id-column",
        "id",
        "--gold-column",
        "label",
        "--gold-task",
        "sentiment",
        "--metadata-column",
        "mean_valence",
    )
    assert "version 1: positive, neutral, negative" in run(
        "schema", "create", "sentiment", *here, "--file", str(schema)
    )
    assert "version 1" in run("schema", "create", "sentiment", *here, "--file", str(schema))  # an equal one is no news
    model = running_stack.stack.model
    run(
        "agent",
        "create",
        "first",
        *here,
        "--schema",
        "sentiment",
        "--model",
        model.name,
        "--provider",
        model.provider,
        "--temperature",
        "0",
    )
    assert model.name in run("agent", "list", *here)
    assert "Somehow I was blessed" in run("agent", "preview", "first", *here, "--dataset", "tweets")
    told = run("estimate", *here, "--dataset", "tweets", "--agent", "first", "--limit", "200")
    assert "prompt tokens" in told
    assert f"No price is known of {model.provider}/{model.name}" in told
    checked = run("run", *here, "--dataset", "tweets", "--agent", "first", "--limit", "200", "--check")
    assert "Probe: asked about the first record, the model answered labeled" in checked
    assert "Estimate for 200 records" in checked
    tried = run("agent", "try", "first", *here, "--field", "text=What a day!")
    assert "read as structured" in tried
    refused = run("run", *here, "--dataset", "tweets", "--agent", "first", "--budget", "1", status=1)
    assert "Problem: No price is known" in refused
    ran = run("run", *here, "--dataset", "tweets", "--agent", "first", "--name", project, "--limit", "200")
    assert "completed, 200 of 200" in ran
    assert "200 of 200" in run("status", project)

    jsonl, table = tmp_path / "labels.jsonl", tmp_path / "labels.csv"
    run("export", project, "-o", str(jsonl))
    run("export", project, "-o", str(table))
    lines = [json.loads(line) for line in jsonl.read_text().splitlines()]
    with table.open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert [line["record_id"] for line in lines] == [row["record_id"] for row in rows]
    assert len(lines) == 200
    assert {line["outcome"] for line in lines} == {"labeled"}


def test_agents_are_reported_compared_and_combined(
    terminal: Terminal, running_stack: RunningStack, tmp_path: Path
) -> None:
    project, dataset, agent = running_stack.project_with_tweets()
    jobs = [
        running_stack.tandem.jobs.create(
            project.id, dataset_id=dataset, agent_id=agent, name=f"{project.name} {number}", limit=300
        )
        for number in range(2)
    ]
    names = [running_stack.tandem.jobs.wait(job.id, timeout=120).name for job in jobs]

    shown = terminal.run("report", names[0])
    assert "completed, 300 of 300 records: 300 labeled" in shown
    assert "macro-F1" in shown
    whole = json.loads(terminal.run("report", names[0], "--json"))
    assert (whole["final"], whole["tasks"][0]["gold"]["compared"]) == (True, 300)
    assert whole["cost"]["total"]["calls"] >= 300

    differing = tmp_path / "differing.jsonl"
    compared = terminal.run("compare", *names, "--export", str(differing))
    assert "all 2 agree on" in compared
    assert "Krippendorff's alpha" in compared
    same = json.loads(terminal.run("compare", *names, "--json"))["tasks"][0]
    lines = [json.loads(line) for line in differing.read_text().splitlines()]
    assert len(lines) == same["differing"]

    combined = terminal.run("combine", *names, "--name", f"{project.name} both")
    assert f"{project.name} both: completed, 300 of 300" in combined
    report = json.loads(terminal.run("report", f"{project.name} both", "--json"))
    assert (report["counts"]["labeled"], report["counts"]["invalid"]) == (same["unanimous"], same["differing"])
    assert report["cost"]["total"]["calls"] == 0


async def test_the_records_that_differ_go_to_people_once(terminal: Terminal, running_stack: RunningStack) -> None:
    project, dataset, agent = running_stack.project_with_tweets()
    names = [f"{project.name} {number}" for number in range(2)]
    jobs = []
    for seed, name in enumerate(names):
        running_stack.behave(seed=seed)
        job = running_stack.tandem.jobs.create(
            project.id, dataset_id=dataset, agent_id=agent, name=name, limit=300, review_threshold=0
        )
        jobs.append(running_stack.tandem.jobs.wait(job.id, timeout=120))
    running_stack.behave(seed=0)
    ids = [job.id for job in jobs]
    wanted = {each.seq for each in running_stack.tandem.comparisons.differences(ids, order="seq")}
    assert wanted

    sure = running_stack.tandem.comparisons.review(ids, min_confidence=0.99, timeout=60)
    order = running_stack.tandem.comparisons.review(ids, timeout=60)
    assert (order.picked, order.queued + order.waiting) == (len(wanted), len(wanted))
    assert order.waiting == sure.queued == sure.picked
    items = running_stack.mongo["review_items"]

    def all_queued() -> bool:
        return {item["seq"] for item in items.find({"job_id": ids[0]})} == wanted

    await eventually(all_queued, timeout=30)
    told = terminal.run("compare", *names, "--review", "--show", "0", told=True)
    assert f"They differ on some task: {len(wanted)} records." in told
    assert f"{order.queued} are in the review queue of {names[0]}" in told
    assert items.count_documents({"job_id": {"$in": ids}}) == len(wanted), "nothing twice"
    assert running_stack.tandem.jobs.get(ids[0]).counts.needs_review == len(wanted)
    assert f"to review: {len(wanted)} sentiment: disagreement" in terminal.run("report", names[0])
    assert "--review" in terminal.run("compare", *names, "--min-confidence", "0.5", status=2)

    name = running_stack.tandem.agents.get(agent).name
    replaced = ("agent", "diff", name, f"{name}@1", "--over", names[0], "--project", project.name)
    found = json.loads(terminal.run(*replaced, "--audit", "1000", "--json"))
    assert (found["flips"], found["audit"]["drawn"]) == (len(wanted), len(wanted))
    assert found["bound"]["added_at_most"] == len(wanted), "nobody read any of them"
    assert "--max-added 0 is not shown to hold" in terminal.run(*replaced, "--max-added", "0", status=3)


def test_one_record_is_shown_with_all_that_is_known_of_it(terminal: Terminal, running_stack: RunningStack) -> None:
    project = running_stack.project_with_tweets()[0]
    here = ("--project", project.name, "--dataset", "tweets", "--agent", "simulated", "--limit", "20")
    terminal.run("run", *here, "--name", project.name, "--threshold", "sentiment=1", "--without-confidence", "ignore")
    (job,) = running_stack.tandem.jobs.list(project.id)
    assert job.review_policy.tasks["sentiment"].threshold == 1
    assert (job.review_policy.threshold, job.review_policy.review_without_confidence) == (0.7, False)
    assert job.counts.needs_review == 20
    some = next(running_stack.tandem.jobs.annotations(job.id))

    shown = terminal.run("show", project.name, some.record_id)
    assert f"record {some.record_id} (seq {some.seq})" in shown
    assert f"sentiment: {some.labels[0].value}" in shown
    for words in ("confidence 0.", "margin", "entropy", "read by structured", "raw answer:", "paid to simulated"):
        assert words in shown, shown
    assert "to review: sentiment (low confidence)" in shown
    whole = json.loads(terminal.run("show", project.name, some.record_id, "--json"))
    assert whole["labels"][0]["probabilities"].keys() == {"positive", "neutral", "negative"}
    assert (whole["paid"][0]["calls"], whole["decisions"]) == (1, [])
    assert "has no record 'nobody'" in terminal.run("show", project.name, "nobody", status=1)
    wrong = ("--threshold", "sentiment=2"), ("--without-confidence", "sentiment=maybe")
    for option in wrong:
        assert option[1] in terminal.run("run", *here, *option, status=2)
    assert "no task 'tone'" in terminal.run("run", *here, "--threshold", "tone=0.5", status=1)


def test_a_label_schema_goes_to_a_file_and_on_to_a_version_that_labels_carry_over_to(
    terminal: Terminal, project: str, running_stack: RunningStack, tmp_path: Path
) -> None:
    run, here = terminal.run, ("--project", project)
    first, second, copy = tmp_path / "first.yaml", tmp_path / "second.yaml", tmp_path / "copy.json"
    labels = ["positive", "neutral", "negative"]
    first.write_text(f"name: mood\noptions: [{', '.join(labels)}]\n")
    second.write_text("name: mood\noptions: [positive, {value: bad, aliases: [negative]}, no]\n")
    columns = ("--text-column", "text", "--id-column", "id")
    run("import", str(TWEETS), *here, *columns, "--gold-columns", "mood=label")
    assert "version 1: positive, neutral, negative" in run("schema", "create", *here, "--file", str(first))
    model = running_stack.stack.model
    agent = ("--schema", "mood", "--model", model.name, "--provider", model.provider)
    run("agent", "create", "old", *here, *agent)
    run("run", *here, "--dataset", "tweets", "--agent", "old", "--name", project, "--limit", "60")

    assert "version 2: positive, bad, no" in run("schema", "create", *here, "--file", str(second))
    assert "written: mood, version 2." in run("schema", "export", "mood", *here, "-o", str(copy))
    assert "version 2" in run("schema", "create", *here, "--file", str(copy))  # equal: no version 3
    shown = run("schema", "show", "mood", *here, "--version", "1")
    assert shown.startswith("# version 1, made ")
    assert yaml.safe_load(shown)["tasks"][0]["options"] == labels
    changed = run("schema", "diff", "mood", *here)
    assert "-      - neutral" in changed
    assert "+      - value: bad" in changed
    assert "No difference" in run("schema", "diff", "mood", *here, "--from", "2", "--to", "2")
    assert "has no version 7. Its newest is version 2." in run(
        "schema", "show", "mood", *here, "--version", "7", status=1
    )

    carry = ("schema", "carry-over", "mood", *here, "--from-job", project, "--label", "mood:negative=bad")
    would = run(*carry, "--dry-run")
    assert "of 60 records carry over" in would
    assert "no new label for 'neutral'" in would
    assert "new, and on no carried record: no" in would
    run("agent", "create", "new", *here, *agent)
    carried = run(*carry, "--agent", "new", "--name", f"{project} carried")
    assert "completed, 60 of 60" in carried
    assert "is not task:old=new" in run(*carry[:-1], "negative", status=2)


def test_of_several_jobs_of_one_name_the_newest_is_meant_and_the_others_are_told(
    running_stack: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    project, dataset, agent = running_stack.project_with_tweets()
    create = partial(running_stack.tandem.jobs.create, project.id, dataset_id=dataset, agent_id=agent, limit=1)
    older, newer = (create(name=f"{project.name} twice").id for _ in range(2))
    name = f"{project.name} twice"
    assert the_job(running_stack.tandem, name).id == newer
    said = capsys.readouterr().err
    assert f"2 jobs are named '{name}'; this is the newest: {newer} ({project.name}, " in said
    assert f"Others: {older} ({project.name}, " in said


def test_of_several_jobs_of_one_name_those_of_the_project_are_meant_and_none_is_ended_by_guess(
    terminal: Terminal, running_stack: RunningStack
) -> None:
    name = f"twice {uuid.uuid4().hex[:8]}"
    jobs = {}
    for _ in range(2):
        project, dataset, agent = running_stack.project_with_tweets()
        made = running_stack.tandem.jobs.create(project.id, dataset_id=dataset, agent_id=agent, limit=1, name=name)
        jobs[project.name] = running_stack.tandem.jobs.wait(made.id)
    first, second = jobs
    assert all(job.id in terminal.run("cancel", name, status=1) for job in jobs.values())
    assert json.loads(terminal.run("report", name, "--project", first, "--json"))["job_id"] == jobs[first].id
    assert "can be cancelled only" in terminal.run("cancel", name, "--project", second, status=1)
    assert "There is no project 'nowhere'" in terminal.run("show", name, "1", "--project", "nowhere", status=1)
    listed = terminal.run("status")
    assert all(f" {project} " in listed for project in jobs)
    assert second not in terminal.run("status", "--project", first)


def test_a_spreadsheets_file_without_ids_is_taken_once_however_often_it_comes(
    terminal: Terminal, project: str, tmp_path: Path
) -> None:
    sheet, latin = tmp_path / "sheet.csv", tmp_path / "latin.csv"
    sheet.write_bytes("\ufefftext;note;\r\nso, so;\x1b[31mred;\r\ngröße;;\r\nso, so;;\r\n;;\r\n".encode())
    latin.write_bytes("note,text\r\n,so\r\n,größe\r\n".encode("iso-8859-1"))
    here = ("--project", project, "--text-column", "text", "--dataset", "sheet")
    told = terminal.run("import", str(sheet), *here)
    assert "3 records imported" in told
    assert "Ids were made from the rows' content" in told
    assert "Rows that equal an earlier one: 1." in told
    assert "0 records imported" in terminal.run("import", str(sheet), *here)
    assert "--encoding windows-1252" in terminal.run("import", str(latin), *here, status=1)
    assert "1 records imported" in terminal.run("import", str(latin), *here, "--encoding", "Latin-1")
    assert "'klingon' is no encoding that is read" in terminal.run(
        "import", str(latin), *here, "--encoding", "klingon", status=2
    )
    listed = terminal.run("dataset", "list", "--project", project)
    assert listed.splitlines()[1].split()[:2] == ["sheet", "4"]
    assert "There is 'sheet'." in terminal.run(
        "run", "--project", project, "--dataset", "sheets", "--agent", "a", status=1
    )
    assert "has 4 records" in terminal.run("dataset", "delete", "sheet", "--project", project, status=1)
    assert "1 data set" in terminal.run("project", "delete", project, status=1)


def test_ids_of_an_obvious_column_are_told_and_others_are_asked_for(
    terminal: Terminal, project: str, tmp_path: Path
) -> None:
    lines, mixed = tmp_path / "lines.jsonl", tmp_path / "mixed.jsonl"
    lines.write_text('{"id": 1, "data": {"body": "so"}}\n')
    mixed.write_text('{"text": "so"}\n{"id": 1, "text": "no"}\n')
    here = ("--project", project, "--text-column")
    assert "body=data.body" in terminal.run("import", str(lines), *here, "data", status=1)
    assert "Ids are those of the column 'id'." in terminal.run("import", str(lines), *here, "text=data.body")
    assert "(--make-ids)" in terminal.run("import", str(mixed), *here, "text", status=1)
    assert "2 records imported" in terminal.run("import", str(mixed), *here, "text", "--make-ids")


def test_what_a_refused_command_made_on_its_way_goes_again_and_what_was_there_stays(
    terminal: Terminal, project: str, running_stack: RunningStack, tmp_path: Path
) -> None:
    good, bad, schema = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "schema.yaml"
    good.write_text("text\nso\n")
    bad.write_text("text\nso\nso, so\n")
    schema.write_text("name: mood\noptions: [a, A]\n")
    here = ("--project", project)
    assert "cells" in terminal.run("import", str(bad), *here, "--text-column", "text", status=1)
    assert "differ only in case" in terminal.run("schema", "create", *here, "--file", str(schema), status=1)
    assert running_stack.tandem.projects.find(project) is None

    made = running_stack.tandem.projects.create(project)
    terminal.run("import", str(bad), *here, "--text-column", "text", status=1)
    assert running_stack.tandem.datasets.list(made.id) == []
    terminal.run("import", str(good), *here, "--text-column", "text", "--dataset", "kept")
    terminal.run("import", str(bad), *here, "--text-column", "text", "--dataset", "kept", status=1)
    assert [dataset.record_count for dataset in running_stack.tandem.datasets.list(made.id)] == [1]

    empty = running_stack.tandem.projects.create(f"{project} too")
    running_stack.tandem.datasets.create(empty.id, name="nothing")
    assert "deleted" in terminal.run("dataset", "delete", "nothing", "--project", empty.name)
    assert "deleted" in terminal.run("project", "delete", empty.name)
    assert empty.name not in terminal.run("project", "list")
