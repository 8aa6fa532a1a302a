"""`tandem certificate` on files, without a server."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tandem_client.cli.app import app
from tandem_client.errors import TandemError


def known_labels(file: Path, size: int = 300, **changed: Any) -> Path:
    """A data set with 10 % of its labels wrong, at low confidence."""
    random_ = random.Random(1)  # noqa: S311 - draws a case
    with file.open("w") as lines:
        for number in range(size):
            wrong = random_.random() < 0.1
            sure = random_.uniform(0.4, 0.8) if wrong else random_.uniform(0.6, 1)
            record = {"id": number, "gold": ["a"], "pred": ["b"] if wrong else ["a"], "confidence": sure}
            lines.write(json.dumps(record | (changed if number == 7 else {})) + "\n")
    return file


def test_a_simulation_prints_its_figures_and_writes_them_as_json(tmp_path: Path) -> None:
    file, target = known_labels(tmp_path / "known.jsonl"), tmp_path / "figures.json"
    arguments = ["certificate", "simulate", str(file), "--error", "0.05", "--runs", "3", "--json", str(target)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "at most 15 (0.05 of all) stay wrong" in result.output
    figures = json.loads(target.read_text())
    assert figures["n"] == 300
    assert 0.05 < figures["model_error"] < 0.15
    assert set(figures["methods"]) == {"tandem", "threshold review", "uniform audit", "pac labels"}
    ours = figures["methods"]["tandem"]
    assert ours["certified"] == 1
    assert 0 < ours["looks_mean"] <= ours["looks_p90"] <= 300
    first = target.read_text()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert target.read_text() == first


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"confidence": 1.2}, "Line 8: confidence is 1.2. Give a number from 0 to 1"),
        ({"confidence": True}, "Line 8: confidence is true"),
        ({"gold": None}, "Line 8: gold is missing"),
        ({"id": 3}, "Line 8: the id 3 was there before"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_line_and_field(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    file = known_labels(tmp_path / "known.jsonl", **changed)
    result = CliRunner().invoke(app, ["certificate", "simulate", str(file)])
    assert isinstance(result.exception, TandemError)
    assert told in result.exception.sentence


def test_a_plan_gives_ranges_that_fall_with_the_error_claimed(tmp_path: Path) -> None:
    file = known_labels(tmp_path / "known.jsonl", size=80)
    bare = tmp_path / "bare.jsonl"
    bare.write_text(
        "".join(json.dumps(json.loads(line) | {"gold": None}) + "\n" for line in file.read_text().splitlines())
    )
    arguments = ["certificate", "plan", str(bare), "--error", "0.2", "--error", "0.05"]
    result = CliRunner().invoke(app, [*arguments, "--hourly", "30"])
    assert result.exit_code == 0, result.output
    assert "if the model is as sure as it says" in result.output
    assert "$" in result.output
    loose, tight = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["plans"]
    assert loose["p10"] <= loose["p50"] <= loose["p90"] < tight["p50"]
    twice = json.loads(CliRunner().invoke(app, [*arguments, "--json", "--panel"]).stdout)["plans"]
    assert twice[0]["p50"] > loose["p50"]


def test_decisions_correct_a_plan_of_an_over_confident_model(tmp_path: Path) -> None:
    export, random_ = tmp_path / "export.jsonl", random.Random(3)  # noqa: S311 - draws a case
    with export.open("w") as file:
        for number in range(300):
            right = random_.random() < 0.7
            label = {"task": "topic", "value": "a", "confidence": 0.99}
            verification = {"values": {"topic": "a" if right else "b"}} if number < 100 else None
            file.write(json.dumps({"outcome": "labeled", "labels": [label], "verification": verification}) + "\n")
        file.write(json.dumps({"outcome": "invalid", "labels": []}) + "\n")
    result = CliRunner().invoke(app, ["certificate", "plan", str(export), "--error", "0.1", "--json"])
    found = json.loads(result.stdout)
    assert found["n"] == 300
    assert 0.2 < found["model_error"] < 0.4


def test_nothing_can_be_planned_without_confidence_and_decisions(tmp_path: Path) -> None:
    file = tmp_path / "bare.jsonl"
    file.write_text("".join(json.dumps({"id": i, "pred": "a"}) + "\n" for i in range(50)))
    result = CliRunner().invoke(app, ["certificate", "plan", str(file)])
    assert isinstance(result.exception, TandemError)
    assert "--model-error" in result.exception.sentence
    assert CliRunner().invoke(app, ["certificate", "plan", str(file), "--model-error", "0.1"]).exit_code == 0


def test_confidences_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    file.write_text(
        "".join(json.dumps({"id": i, "gold": 1, "pred": i % 20, "confidence": None}) + "\n" for i in range(80))
    )
    result = CliRunner().invoke(app, ["certificate", "simulate", str(file), "--runs", "2"])
    assert result.exit_code == 0, result.output
