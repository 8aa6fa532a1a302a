"""`--threshold` and `--without-confidence`: what goes to people, for all tasks or for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tandem_client.reviewing import ReviewPolicy

Threshold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[TASK=]NUMBER",
        help="Labels with a confidence below this go to a person, from 0 to 1; task=0.8 is for one task. Repeatable.",
    ),
]
WithoutConfidence = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[TASK=]review|ignore",
        help="What becomes of labels without a confidence: review, or ignore (the other tasks decide). Repeatable.",
    ),
]
_WORDS = {"review": True, "ignore": False}


def review_policy(threshold: Sequence[str] | None, without_confidence: Sequence[str] | None) -> ReviewPolicy | None:
    """Build the review policy from the options; None where no option is given. Raises typer.BadParameter."""
    whole: dict[str, Any] = {}
    tasks: dict[str, dict[str, Any]] = {}
    for given in threshold or ():
        task, value = _split(given)
        (tasks.setdefault(task, {}) if task else whole)["threshold"] = _number(value, given)
    for given in without_confidence or ():
        task, value = _split(given)
        if value not in _WORDS:
            raise typer.BadParameter(
                f"{given!r} is not review, ignore or task=review", param_hint="--without-confidence"
            )
        (tasks.setdefault(task, {}) if task else whole)["review_without_confidence"] = _WORDS[value]
    if not whole and not tasks:
        return None
    return ReviewPolicy.model_validate(whole | ({"tasks": tasks} if tasks else {}))


def _split(given: str) -> tuple[str, str]:
    """Split an option into its task, empty where none is named, and its value."""
    task, _, value = given.rpartition("=")
    return task.strip(), value.strip()


def _number(value: str, given: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise typer.BadParameter(f"{given!r} is not a number from 0 to 1, or task=number", param_hint="--threshold")
    return number
