"""The command line of those who run Tandem: people, keys, running jobs, dead letters; and what goes wrong."""

from __future__ import annotations

import uuid

import pytest

from stacks import RunningStack
from tandem_client import Tandem
from terminals import Terminal


def test_keys_providers_agents_and_budgets_are_at_hand(terminal: Terminal, running_stack: RunningStack) -> None:
    token = terminal.run("key", "create", "nightly", "--role", "viewer", "--days", "2").strip()
    with Tandem(running_stack.ui_url, token) as tandem:
        assert tandem.access.who_am_i().role == "viewer"
    assert "nightly" in terminal.run("key", "list")
    assert "revoked" in terminal.run("key", "revoke", "nightly")
    assert "nightly" not in terminal.run("key", "list")
    assert "There is no key" in terminal.run("key", "revoke", "nightly", status=1)

    home = running_stack.project_with_tweets()[0]
    here = ("--project", home.name)
    terminal.run("run", *here, "--dataset", "tweets", "--agent", "simulated", "--limit", "2")
    (job,) = running_stack.tandem.jobs.list(home.id)
    assert job.agent.provider in terminal.run("provider", "list")
    assert "simulated" in terminal.run("agent", "list", *here, "--model", job.agent.model[:5].upper())
    assert "simulated" not in terminal.run("agent", "list", *here, "--model", "gpt-99")
    shown = terminal.run("agent", "show", "simulated", *here)
    assert "simulated, version 1" in shown
    assert "{{ task.instruction }}" in shown
    assert "has no version 9" in terminal.run("agent", "show", "simulated", *here, "--version", "9", status=1)
    assert "has no budget" in terminal.run("budget", job.id)
    assert job.id in terminal.run("status", "--project", home.name, "--state", "completed")
    assert "No job is running" in terminal.run("status", "--project", home.name, "--state", "running")


def test_a_canary_waits_for_a_go_and_a_running_job_is_changed(terminal: Terminal, running_stack: RunningStack) -> None:
    sample = running_stack.start_job(limit=1)
    tandem = running_stack.tandem
    home = next(each for each in tandem.projects.list() if each.id == sample.project_id)
    dataset = tandem.datasets.get(sample.dataset_id)
    where = ("--project", home.name, "--dataset", dataset.name, "--agent", sample.agent.name)
    said = terminal.run("run", *where, "--limit", "30", "--canary", "5", "--name", "careful", "--no-probe")
    assert "waiting (The canary has ended: 0 of the first 5 records have no label (0.0%)." in said
    job = next(each for each in tandem.jobs.list(home.id) if each.name == "careful")
    assert (job.counts.ended, job.needs_go) == (5, True)
    terminal.run("job", "set", job.id, "--weight", "2", "--rate", "6000", "--stop-above", "50%", "--threshold", "0.9")
    changed = tandem.jobs.get(job.id)
    assert (changed.weight, changed.records_per_minute, changed.state) == (2.0, 6000.0, "waiting")
    assert changed.failure_stop is not None
    assert (changed.failure_stop.share, changed.failure_stop.of_last) == (0.5, 100)
    assert [each.parameters["threshold"] for each in tandem.campaigns.list(job.id)] == [0.9]
    assert "careful: running" in terminal.run("job", "go", job.id)
    assert tandem.jobs.wait(job.id, timeout=60).counts.ended == 30
    assert "is completed" in terminal.run("job", "go", job.id, status=1)
    terminal.run("run", *where, "--limit", "30", "--reuse", "--name", "the same", "--no-probe")
    same = next(each for each in tandem.jobs.list(home.id) if each.name == "the same")
    assert (same.counts.labeled, tandem.jobs.cost(same.id).total.calls) == (30, 0)
    assert "--go-on-below" in terminal.run("run", *where, "--go-on-below", "5%", status=2)


def test_dead_letters_are_listed_and_one_that_is_not_there_is_told(terminal: Terminal) -> None:
    assert "There are no discarded dead letters." in terminal.run("dead-letters", "list", "--state", "discarded")
    assert "no dead letter '0-0-0'" in terminal.run("dead-letters", "replay", "0-0-0", status=1)
    assert "--all" in terminal.run("dead-letters", "discard", status=2)


def test_logging_in_keeps_the_connection_for_the_owner_alone(terminal: Terminal, running_stack: RunningStack) -> None:
    terminal.environment.clear()
    assert "tandem login URL" in terminal.run("status", status=1)

    terminal.run("login", running_stack.api_url, answer=f"{running_stack.admin_token}\n")

    kept = terminal.home / "tandem" / "config.toml"
    assert kept.stat().st_mode & 0o777 == 0o600
    terminal.run("status")
    link = terminal.run("login-link", "Robin", "--new-person", "--page", running_stack.ui_url)
    assert link.startswith(f"{running_stack.ui_url}/login?token=")


def test_people_are_made_invited_renamed_and_let_go(terminal: Terminal) -> None:
    name = f"Ada {uuid.uuid4().hex[:8]}"
    terminal.run("login-link", name)
    refused = terminal.run("login-link", name, status=1)
    assert f"Somebody is called '{name}' already" in refused
    assert "--new-person" in refused
    [line] = [line for line in terminal.run("people", "list").splitlines() if name in line]
    person_id = line.split()[-1]
    assert "/login?token=" in terminal.run("login-link", "--person", name)
    terminal.run("login-link", name, "--new-person")
    assert "2 people are called" in terminal.run("login-link", "--person", name, status=1)
    assert f"{name} is now called {name} L." in terminal.run("people", "rename", person_id, f"{name} L.")
    assert "/login?token=" in terminal.run("login-link", "--person", f"{name} L.")
    assert "is disabled" in terminal.run("people", "disable", f"{name} L.")
    assert "disabled" in terminal.run("login-link", "--person", person_id, status=1)
    terminal.run("people", "enable", person_id)
    made = terminal.run("people", "create", name).strip()
    assert made in terminal.run("people", "list")
    assert "give a NAME" in terminal.run("login-link", status=2)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["status", "no such job"], 1, "There is no job 'no such job'"),
        (["run", "--project", "nowhere", "--dataset", "d", "--agent", "a"], 1, "There is no project 'nowhere'"),
        (["import", "no-such-file.csv", "--project", "p", "--text-column", "t"], 2, "does not exist"),
        (["import", "Makefile", "--project", "p", "--text-column", "t"], 1, "has no column 't'"),
        (["schema", "create", "s", "--project", "p"], 2, "give either --labels or --file"),
        (["schema", "create", "--project", "p", "--labels", "a,b"], 2, "--labels needs a name"),
        (["schema", "export", "s", "--project", "p", "-o", "s.txt"], 2, "must end in .yaml, .yml or .json"),
        (["export", "j", "-o", "labels.doc"], 2, "must end in .csv, .jsonl"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_one_sentence(terminal: Terminal, arguments: list[str], status: int, sentence: str) -> None:
    assert sentence in terminal.run(*arguments, status=status)


def test_a_wrong_key_and_a_wrong_address_are_said_with_the_cure(terminal: Terminal) -> None:
    terminal.environment |= {"TANDEM_TOKEN": "not a key"}
    assert "API key" in terminal.run("status", status=1)
    assert "No answer from http://127.0.0.1:9" in terminal.run("login", "http://127.0.0.1:9", status=1)


def test_a_job_is_paused_resumed_and_cancelled(terminal: Terminal, running_stack: RunningStack) -> None:
    running_stack.behave(latency_ms=2000)
    try:
        job = running_stack.start_job(limit=2000)
        assert "paused" in terminal.run("pause", job.id)
        assert "paused" in terminal.run("status", job.id)
        assert "running" in terminal.run("resume", job.id)
        assert "cancelled" in terminal.run("cancel", job.id)
        assert "cancelled" in terminal.run("status", job.id, "--watch")
    finally:
        running_stack.behave(latency_ms=0)
