"""What the command line says of a report."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tandem_client.cli.quality_tables import confusion_table, evaluation_lines, reliability_table
from tandem_client.quality import (
    ConfidenceSpread,
    ConfusionMatrix,
    Evaluation,
    Reliability,
    ReliabilityBin,
    TaskReport,
)


def lines(table: Table | None) -> list[list[str]]:
    assert table is not None
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines()]


FOUND = Evaluation(
    known=5,
    compared=5,
    right=3,
    confusion=ConfusionMatrix(labels=("good", "[bad]"), cells=((0, 0, 2), (0, 1, 1), (1, 1, 1))),
    reliability=Reliability(
        bins=(
            ReliabilityBin(lower=0.0, upper=0.1, count=0),
            ReliabilityBin(lower=0.8, upper=0.9, count=4, confidence=0.85, accuracy=0.5),
        ),
        count=4,
        error=0.35,
    ),
)


def test_a_confusion_matrix_has_the_right_label_in_its_rows() -> None:
    assert lines(confusion_table(FOUND)) == [
        ["right", "/", "given", "good", "[bad]"],
        ["good", "2", "1"],
        ["[bad]", "0", "1"],
    ]


def test_a_confusion_matrix_that_is_unknown_or_too_wide_is_left_out() -> None:
    assert confusion_table(Evaluation(known=1, compared=1, right=1)) is None
    wide = ConfusionMatrix(labels=tuple(map(str, range(11))), cells=((0, 0, 1),))
    assert confusion_table(Evaluation(known=1, compared=1, right=1, confusion=wide)) is None


def test_calibration_says_what_was_claimed_and_what_was_right() -> None:
    assert lines(reliability_table(FOUND))[1:] == [["0.8", "to", "0.9", "4", "85.0%", "50.0%"]]
    assert reliability_table(Evaluation(known=1, compared=1, right=1)) is None


def test_the_spread_of_the_confidence_is_told() -> None:
    spread = ConfidenceSpread(
        histogram=(0, 0, 0, 0, 0, 1, 0, 2, 0, 7), with_confidence=10, without_confidence=3, mean=0.9
    )
    told = list(evaluation_lines(TaskReport(task="mood", kind="single_choice", labeled=13, confidence=spread)))
    assert told[-1] == "labels by tenths of confidence, from 0 to 1: 0 0 0 0 0 1 0 2 0 7"


def test_a_warning_of_the_confidence_is_told_with_it() -> None:
    spread = ConfidenceSpread(histogram=(0,) * 10, mean=0.9, warnings=("Confidence says nothing: review at random.",))
    told = list(evaluation_lines(TaskReport(task="mood", kind="single_choice", labeled=13, confidence=spread)))
    assert told[-1] == "warning: Confidence says nothing: review at random."
