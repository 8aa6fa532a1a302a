"""Is confidence calibrated, whatever the tokenizer? On models whose label probabilities are known.

Prints the tables of docs/confidence.md: for single choices, sets of labels and spans, for each tokenizer, the expected
calibration error (of labels and right answers drawn from the same probabilities, so that the truth itself has one above
0) and the largest gaps between the confidence and the true probability.

    uv run python bench/calibration.py --records 20000 [--only single sets spans]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping

from tandem.events import LabelOption, MultipleChoiceTask, SingleChoiceTask, SpanTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, Method
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading
from tandem.quality.calibration import calibration
from tandem.testing.known_lists import LIST_LAYOUTS, LIST_TOKENIZERS, SPAN_LAYOUTS, KnownList, drawn_sets, drawn_spans
from tandem.testing.known_model import LABELS, LAYOUTS, TOKENIZERS, drawn

OPTIONS = tuple(LabelOption(value=value) for value in LABELS)


class Row:
    """What was told of one kind of answer under one tokenizer."""

    def __init__(self) -> None:
        self._judged: list[tuple[float, bool]] = []
        self._true: list[tuple[float, bool]] = []
        self._asked = self._bounds = 0

    def add(self, told: float | None, truth: float, *, is_right: bool, is_bound: bool = False) -> None:
        self._asked += 1
        if told is not None:
            self._judged.append((told, is_right))
            self._true.append((truth, is_right))
            self._bounds += is_bound

    @property
    def shares(self) -> str:
        return f"{len(self._judged) / self._asked:.1%} | {self._bounds / self._asked:.1%}"

    @property
    def errors(self) -> str:
        return f"{calibration(self._judged).error:.4f} | {calibration(self._true).error:.4f}"

    @property
    def gaps(self) -> str:
        gaps = [told - truth for (told, _), (truth, _) in zip(self._judged, self._true, strict=True)]
        return f"{max(0.0, -min(gaps)):.4f} | {max(0.0, *gaps):.4f}"


def single(records: int, seed: int) -> None:
    task = SingleChoiceTask(name="label", options=OPTIONS)
    reader, estimator = TaskReader(task), ConfidenceEstimator(task)
    print("| tokenizer | listed | known | called a bound | ECE | ECE of the truth | most understated | overstated |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, tokenizer in TOKENIZERS.items():
        for top in (10, 3):
            row = Row()
            for number, layout in enumerate(LAYOUTS.values()):
                share = records // len(LAYOUTS)
                for known in drawn(share, tokenizer=tokenizer, layout=layout, top=top, seed=seed + number):
                    reading = reader.read(known.answer)
                    assert isinstance(reading, Reading)
                    told = estimator.estimate(reading, known.answer, known.tokens)
                    value, is_bound = _of(told)
                    row.add(value, known.probability, is_right=known.label == known.right, is_bound=is_bound)
            print(f"| {name} | {top} | {row.shares} | {row.errors} | {row.gaps} |", flush=True)


def sets(records: int, seed: int) -> None:
    estimator = ConfidenceEstimator(MultipleChoiceTask(name="labels", options=OPTIONS))
    print(
        "| tokenizer | listed | known | a bound | ECE of the set | of the truth | most understated | overstated |",
        end="",
    )
    print(" ECE of a label | of the truth |")
    print(f"|{' --- |' * 10}")
    for name, top, answers in _lists(drawn_sets, LIST_LAYOUTS, records, seed):
        whole, each = Row(), Row()
        for known in answers:
            told = estimator.estimate(known.reading, known.answer, known.tokens)
            value, is_bound = _of(told)
            whole.add(value, known.probability, is_right=known.said == known.right, is_bound=is_bound)
            if isinstance(told, Confidence) and told.probabilities is not None:
                for label, share in told.probabilities.items():
                    each.add(share, known.truth[0][label], is_right=label in known.right)
        print(f"| {name} | {top} | {whole.shares} | {whole.errors} | {whole.gaps} | {each.errors} |", flush=True)


def spans(records: int, seed: int) -> None:
    estimator = ConfidenceEstimator(SpanTask(name="spans", options=OPTIONS))
    print("| tokenizer | listed | ECE of a span | of the truth | most understated | overstated |", end="")
    print(" no span: most understated | overstated |")
    print(f"|{' --- |' * 8}")
    for name, top, answers in _lists(drawn_spans, SPAN_LAYOUTS, records, seed):
        each, none = Row(), Row()
        for known in answers:
            told = estimator.estimate(known.reading, known.answer, known.tokens)
            if not known.said:
                none.add(_of(told)[0], known.probability, is_right=not known.right)
            elif isinstance(told, Confidence) and told.spans is not None:
                for share, label, truth, right in zip(told.spans, known.said, known.truth, known.right, strict=False):
                    each.add(share, truth[label], is_right=label == right)
        print(f"| {name} | {top} | {each.errors} | {each.gaps} | {none.gaps} |", flush=True)


def _of(told: object) -> tuple[float | None, bool]:
    if not isinstance(told, Confidence):
        return None, False
    return told.value, told.method is Method.TOKEN_PROBABILITY_BOUND


def _lists(
    draw: Callable[..., Iterator[KnownList]], layouts: Mapping[str, object], records: int, seed: int
) -> Iterator[tuple[str, int, Iterable[KnownList]]]:
    for name, tokenizer in LIST_TOKENIZERS.items():
        for top in (32, 10, 3) if name == "one token" else (10, 3):
            share = records // len(layouts)
            yield (
                name,
                top,
                (
                    known
                    for number, layout in enumerate(layouts)
                    for known in draw(share, tokenizer=tokenizer, layout=layout, top=top, seed=seed + number)
                ),
            )


def main() -> None:
    tables = {"single": single, "sets": sets, "spans": spans}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=8000, help="of each row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=sorted(tables), default=sorted(tables))
    arguments = parser.parse_args()
    for name in arguments.only:
        tables[name](arguments.records, arguments.seed)
        print()


if __name__ == "__main__":
    main()
