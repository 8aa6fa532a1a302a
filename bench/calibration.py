"""Is confidence calibrated, whatever the tokenizer? On models whose label probabilities are known.

Prints the tables of docs/confidence.md: for single choices, numbers, sets of labels and spans, for each tokenizer, the
expected calibration error of what is told as exact, and the largest gaps to the true probability of that and of what is
told as a bound.

    uv run python bench/calibration.py --records 20000 [--only single numbers sets spans]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tandem.events import LabelOption, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask
from tandem.events.schema import LabelTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, Method
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading
from tandem.testing.known_lists import LIST_LAYOUTS, LIST_TOKENIZERS, SPAN_LAYOUTS, KnownList, drawn_sets, drawn_spans
from tandem.testing.known_model import GRID, LABELS, LAYOUTS, NUMBER_LAYOUTS, NUMBERS, TOKENIZERS, drawn, error_against

OPTIONS = tuple(LabelOption(value=value) for value in LABELS)


class Row:
    """What was told of one kind of value under one tokenizer."""

    def __init__(self) -> None:
        self._exact: list[tuple[float, float]] = []
        self._bounds: list[tuple[float, float]] = []
        self._asked = 0

    def add(self, told: float | None, truth: float, *, is_bound: bool = False) -> None:
        self._asked += 1
        if told is not None:
            (self._bounds if is_bound else self._exact).append((told, truth))

    @property
    def exact(self) -> str:
        """How many, their calibration error, and the largest gap to the truth."""
        share = len(self._exact) / self._asked
        gap = max((abs(told - truth) for told, truth in self._exact), default=0.0)
        return f"{share:.1%} | {error_against(self._exact):.4f} | {gap:.4f}"

    @property
    def bounds(self) -> str:
        """How many, and how far they lie from the truth: the most below, the most above."""
        gaps = [told - truth for told, truth in self._bounds]
        share = len(gaps) / self._asked
        return f"{share:.1%} | {max((0.0, *(-gap for gap in gaps))):.4f} | {max((0.0, *gaps)):.4f}"


_HEAD = "| tokenizer | listed | exact | ECE | most off | a bound | most below | above |"


def single(records: int, seed: int) -> None:
    task = SingleChoiceTask(name="label", options=OPTIONS)
    _of_one(task, records, seed, LABELS, LAYOUTS)


def numbers(records: int, seed: int) -> None:
    _of_one(NumberTask(name="label", minimum=1, maximum=5, step=0.5), records, seed, GRID, NUMBER_LAYOUTS)
    print()
    _of_one(NumberTask(name="label", minimum=0, maximum=1e6), records, seed, NUMBERS, NUMBER_LAYOUTS)


def _of_one(
    task: LabelTask, records: int, seed: int, labels: Sequence[str], layouts: Mapping[str, Callable[[str], str]]
) -> None:
    reader, estimator = TaskReader(task), ConfidenceEstimator(task)
    print(_HEAD)
    print(f"| --- |{' ---: |' * 7}")
    for name, tokenizer in TOKENIZERS.items():
        for top in (10, 3):
            row = Row()
            for number, layout in enumerate(layouts.values()):
                drawn_ones = drawn(
                    records // len(layouts),
                    tokenizer=tokenizer, layout=layout, top=top, seed=seed + number, labels=labels,
                )  # fmt: skip
                for known in drawn_ones:
                    reading = reader.read(known.answer)
                    assert isinstance(reading, Reading)
                    value, is_bound = _of(estimator.estimate(reading, known.answer, known.tokens))
                    row.add(value, known.probability, is_bound=is_bound)
            print(f"| {name} | {top} | {row.exact} | {row.bounds} |", flush=True)


def sets(records: int, seed: int) -> None:
    estimator = ConfidenceEstimator(MultipleChoiceTask(name="labels", options=OPTIONS))
    print(f"{_HEAD} a label: told | ECE | most off |")
    print(f"| --- |{' ---: |' * 10}")
    for name, top, answers in _lists(drawn_sets, LIST_LAYOUTS, records, seed):
        whole, each = Row(), Row()
        for known in answers:
            told = estimator.estimate(known.reading, known.answer, known.tokens)
            value, is_bound = _of(told)
            whole.add(value, known.probability, is_bound=is_bound)
            if isinstance(told, Confidence) and told.probabilities is not None:
                for label in LABELS:
                    each.add(told.probabilities.get(label), known.truth[0][label])
        print(f"| {name} | {top} | {whole.exact} | {whole.bounds} | {each.exact} |", flush=True)


def spans(records: int, seed: int) -> None:
    estimator = ConfidenceEstimator(SpanTask(name="spans", options=OPTIONS))
    print(f"{_HEAD} no span: ECE | most off |")
    print(f"| --- |{' ---: |' * 9}")
    for name, top, answers in _lists(drawn_spans, SPAN_LAYOUTS, records, seed):
        each, none = Row(), Row()
        for known in answers:
            told = estimator.estimate(known.reading, known.answer, known.tokens)
            value, is_bound = _of(told)
            if not known.said:
                none.add(value, known.probability, is_bound=is_bound)
            elif isinstance(told, Confidence) and told.spans is not None:
                for share, label, truth in zip(told.spans, known.said, known.truth, strict=True):
                    each.add(share, truth[label], is_bound=is_bound)
        of_none = none.exact.partition(" | ")[2]
        print(f"| {name} | {top} | {each.exact} | {each.bounds} | {of_none} |", flush=True)


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
    tables = {"single": single, "numbers": numbers, "sets": sets, "spans": spans}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=8000, help="of each row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=sorted(tables), default=list(tables))
    arguments = parser.parse_args()
    for name in arguments.only:
        tables[name](arguments.records, arguments.seed)
        print()


if __name__ == "__main__":
    main()
