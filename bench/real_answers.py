"""Score extraction and confidence on recorded answers of real models, by run.

    uv run python bench/real_answers.py CORPUS.jsonl.gz [--by run|model|setting]

Each line of the corpus is one record that a model was asked about: `run`, `model`, `temperature`, `structured` (whether
a JSON Schema was sent), `strategy`, `fields`, `gold`, `answers`, `finish` and the `logprobs` of the first answer.
Without a path the excerpt in tests/unit/labeling/real_answers is read.

Printed are how many answers are read right, wrong and not at all; and of the labels with confidence and gold the
expected calibration error (ten bins), the area under the ROC curve (0.5: right and wrong labels have the same
confidence), the Brier score, and the margins below zero. `setting` groups by model, grammar and temperature, over all
tasks whose confidence is a token probability.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from tandem.testing.real_answers import AnswerScores, AskedRecord, asked, scores

EXCERPT = Path(__file__).parents[1] / "tests" / "unit" / "labeling" / "real_answers" / "answers.jsonl.gz"
HEAD = "| answers | asked | right | wrong | unread | confidence | accuracy | ECE | AUC | Brier | margins < 0 |"
GROUPS: dict[str, Callable[[AskedRecord], str]] = {
    "run": lambda each: each.run,
    "model": lambda each: (
        f"{each.model}, {each.strategy}, {'with' if each.structured else 'without'} a grammar, {each.kind}"
    ),
    "setting": lambda each: (
        f"{each.model}, {'with' if each.structured else 'without'} a grammar, temperature {each.temperature:g}"
        if each.strategy == "token_probability"
        else f"{each.model}, {each.strategy}, {'with' if each.structured else 'without'} a grammar"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", default=EXCERPT)
    parser.add_argument("--by", choices=tuple(GROUPS), default="run")
    arguments = parser.parse_args()
    found = list(asked(arguments.corpus))
    group = GROUPS[arguments.by]
    print(HEAD)
    print(f"| --- |{' ---: |' * 10}")
    for name in dict.fromkeys(map(group, found)):
        print(row(name, [each for each in found if group(each) == name]))


def row(name: str, found: Iterable[AskedRecord]) -> str:
    """Return the row of the table for one group of answers."""
    told: AnswerScores = scores(found)
    figures = (told.accuracy, told.calibration_error, told.auc, told.brier)
    numbers = " | ".join("" if figure is None else f"{figure:.3f}" for figure in figures)
    read = f"{told.asked} | {told.right} | {told.wrong} | {told.unread} | {told.with_confidence}"
    return f"| {name} | {read} | {numbers} | {told.negative_margins} |"


if __name__ == "__main__":
    main()
