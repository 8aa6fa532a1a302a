"""The examples as a person runs them: one command, a stack of its own, two agents compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks import ROOT

pytestmark = pytest.mark.timeout(300)


def run_example(directory: Path, *arguments: str) -> dict[str, Any]:
    """What came out."""
    outcome = directory / "outcome.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("TANDEM_", "OPENAI_"))}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "run.py"), *arguments, "--json", str(outcome)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(outcome.read_text())
    return found


def test_inference_goes_from_two_labels_to_three_with_two_agents_each(tmp_path: Path) -> None:
    two_way, three_way = run_example(tmp_path, "nli")["rounds"]
    assert (two_way["version"], three_way["version"]) == (1, 2)
    for each, labels in (
        (two_way, {"entailment", "not_entailment"}),
        (three_way, {"entailment", "neutral", "contradiction"}),
    ):
        assert set(each["agents"]) == {"both sentences", "hypothesis only"}
        for agent in each["agents"].values():
            assert (agent["records"], agent["labeled"]) == (120, 120)
            assert set(agent["labels"]) <= labels
            assert 0 <= agent["accuracy"] <= 1
        assert each["agreement"] == pytest.approx(1 - len(each["differing"]) / 120)
        assert each["combined"] == {"labeled": 120 - len(each["differing"]), "invalid": len(each["differing"])}
        assert -1 <= each["kappa"] <= each["agreement"]
    carried = three_way["carried_over"]
    before = two_way["agents"]["both sentences"]["labels"]
    assert carried["carried"] == before["entailment"]
    assert carried["not_carried"] == {"not_entailment": before["not_entailment"]}
    assert (carried["asked"], carried["labeled"]) == (before["not_entailment"], 120)


def test_tickets_are_labeled_by_a_form_of_all_kinds(tmp_path: Path) -> None:
    found = run_example(tmp_path, "tickets")
    assert (found["version"], found["records"]) == (1, 60)
    assert found["tasks"].keys() == {"topic", "urgency", "mentions", "amount", "summary"}
    assert found["labeled"] == 60
    assert found["accuracy"].keys() == {"topic", "urgency", "mentions", "amount"}
    assert found["review"].keys() <= {"topic", "urgency", "mentions", "amount"}, "a text asks for nobody by itself"
    assert isinstance(found["first"]["topic"], list)
    assert found["first"]["mentions"][0].keys() >= {"field", "start", "end", "text", "label"}
    assert isinstance(found["first"]["amount"], float)


def test_sentiment_is_labeled_by_two_agents(tmp_path: Path) -> None:
    (only,) = run_example(tmp_path, "sentiment", "--limit", "200")["rounds"]
    assert only["version"] == 1
    for agent in only["agents"].values():
        assert (agent["records"], agent["labeled"]) == (200, 200)
        assert agent["accuracy"] > 1 / 3
