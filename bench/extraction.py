"""What the ladder reads of the corpus of answers, rung by rung, and what reading costs.

Prints the tables of docs/extraction.md. Times are of the thread's processor, so that other work beside it counts less.

    uv run python bench/extraction.py
"""

from __future__ import annotations

import argparse
import time
import timeit
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tandem.labeling.extraction import AnswerReader
from tandem.labeling.reading import Reading, Rule, UnreadableReason
from tandem.testing.answer_corpus import Case, cases

ANSWERS = Path(__file__).parents[1] / "tests" / "unit" / "labeling"
CORPUS = ANSWERS / "corpus"
BLIND = ("first", "second")
FIVE = (
    '{"sentiment": "positive", "topics": ["staff"], "stars": 4, "short title": "A trip", "entities": '
    '[{"text": "Ada", "label": "PERSON", "context": null}]}'
)
TIMED = {
    "one choice, JSON as asked for": ("sentiment", '{"sentiment": "positive"}'),
    "one choice, the label alone": ("sentiment", "positive"),
    "one choice, JSON in a fence": ("sentiment", '```json\n{"sentiment": "positive"}\n```'),
    "one choice, `Name: value`": ("sentiment", "Sentiment: positive"),
    "one choice, JSON that is repaired": ("sentiment", "{'sentiment': 'positive',}"),
    "one choice, a sentence": ("sentiment", "It is neither positive nor negative; it is neutral."),
    "five tasks, JSON as asked for": ("several", FIVE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each timed row")
    seconds: float = parser.parse_args().seconds
    corpus = list(cases(CORPUS))
    blind = {name: list(cases(ANSWERS / "blind" / name)) for name in BLIND}
    everything = [*corpus, *(case for found in blind.values() for case in found)]
    print_rungs(everything)
    print()
    print_reasons(everything)
    print()
    print_kinds(everything)
    print()
    print_sets({"corpus": corpus, **blind})
    print()
    print_times({case.source.split("-")[0]: case for case in reversed(corpus)}, seconds)


def print_rungs(corpus: Sequence[Case]) -> None:
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for case in corpus:
        found = case.read()
        asked[case.rule or ""] += case.invalid is None
        if isinstance(found, Reading):
            (right if case.is_right(found) else wrong)[found.rule.value] += 1
    print("| rung | answers read | right | wrong |")
    print("| --- | ---: | ---: | ---: |")
    for rule in Rule:
        print(
            f"| `{rule.value}` | {right[rule.value] + wrong[rule.value]} | {right[rule.value]} | {wrong[rule.value]} |"
        )
    print(f"| all | {right.total() + wrong.total()} of {asked.total()} | {right.total()} | {wrong.total()} |")


def print_reasons(corpus: Sequence[Case]) -> None:
    found = [(case, case.read()) for case in corpus if case.invalid is not None]
    reasons = Counter(read.reason for _, read in found if not isinstance(read, Reading))
    print("| reason | answers |")
    print("| --- | ---: |")
    for reason in UnreadableReason:
        print(f"| `{reason.value}` | {reasons[reason]} |")
    print(f"| all | {reasons.total()} of {len(found)} |")
    print(f"\nOf these a person could read {sum(case.clear for case, _ in found)}.")


def print_kinds(corpus: Sequence[Case]) -> None:
    print("| kind of task | with a value | read right | without one | unread |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for kind in dict.fromkeys(case.task.kind for case in corpus):
        own = [(case, case.is_right(case.read())) for case in corpus if case.task.kind == kind]
        valued = [right for case, right in own if case.invalid is None]
        others = [right for case, right in own if case.invalid is not None]
        print(f"| {kind} | {len(valued)} | {sum(valued)} | {len(others)} | {sum(others)} |")


def print_sets(sets: Mapping[str, Sequence[Case]]) -> None:
    print("| set | values asked for | a person can read | read right | wrong |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, found in sets.items():
        read = [(case, reading) for case in found if isinstance(reading := case.read(), Reading)]
        right = sum(case.is_right(reading) for case, reading in read)
        readable = sum(case.invalid is None or case.clear for case in found)
        print(f"| {name} | {len(found)} | {readable} | {right} | {len(read) - right} |")


def print_times(by_file: dict[str, Case], seconds: float) -> None:
    print("| answer | µs at the median |")
    print("| --- | ---: |")
    for name, (source, answer) in TIMED.items():
        case = by_file[source]
        reader: AnswerReader = case.reader
        once = min(timeit.repeat(lambda: reader.read(answer, case.fields), number=50, repeat=3)) / 50  # noqa: B023 - used at once
        rounds = max(3, int(seconds / (once * 100)))
        spans = sorted(
            timeit.repeat(
                lambda: reader.read(answer, case.fields),  # noqa: B023 - used at once
                timer=time.thread_time,
                number=100,
                repeat=rounds,
            )
        )
        print(f"| {name} | {spans[len(spans) // 2] / 100 * 1e6:.1f} |")


if __name__ == "__main__":
    main()
