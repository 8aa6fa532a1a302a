"""Simulate how often certificates are false. Prints a table for docs/certificates.md.

    python bench/certificate_truth.py boundary [RUNS]     any claim at any look and any cut
    python bench/certificate_truth.py courses [RUNS] [N] [MODEL]   whole courses: models, confidences, sizes

`boundary` lets an adversary choose the cut at each look after seeing everything, so it bounds every course. It draws
where the wrong records lie in the audit order; the records between them do not matter.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator

from tandem.quality.certificates.opening import tolerated_of
from tandem.quality.certificates.schedule import Schedule, default_main_look, make_schedule
from tandem.quality.certificates.simulate import KnownLabels, run_course

ALPHA, CLAIMED = 0.05, 0.05
SIZES = (40, 500, 3_000, 10_605, 100_000, 1_000_000)
MODELS = {"near 0": 0.002, "at the claimed error": 0.05, "far above": 0.25}
CONFIDENCES = ("good", "useless", "inverted", "absent", "coarse with ties")


def boundary_runs(runs: int) -> None:
    print("| N | wrong labels | false at any look and cut |\n| --- | --- | --- |")
    for size in SIZES:
        tolerated = tolerated_of(CLAIMED, size)
        schedule = make_schedule(size, tolerated, default_main_look(size, CLAIMED), ALPHA)
        last = max(0, schedule.allowances[-1])
        few = runs if size < 1_000_000 else max(1, runs // 5)
        for wrong in sorted({tolerated + 1, tolerated + 1 + last // 4, tolerated + 1 + last, 2 * tolerated, size // 2}):
            if tolerated < wrong <= size:
                random_ = random.Random(f"{size}/{wrong}")  # noqa: S311 - a simulation, repeatable by its seed
                false = sum(_any_false(random_, size, wrong, tolerated, schedule) for _ in range(few))
                print(f"| {size:,} | {wrong:,} | {_share(false, few)} |", flush=True)


def _any_false(random_: random.Random, size: int, wrong: int, tolerated: int, schedule: Schedule) -> bool:
    """Walk the list of wrong records from the end of the correction order, as far as the last look can reach."""
    listed = min(wrong, tolerated + 1 + max(0, schedule.allowances[-1]))
    ranks = sorted(random_.sample(range(size), listed))  # of the first `listed`, wherever the others lie
    random_.shuffle(ranks)
    for look, allowed in zip(schedule.looks, schedule.allowances, strict=True):
        first = tolerated + 1 + allowed
        if allowed >= 0 and first <= listed and sum(rank < look for rank in ranks[:first]) <= allowed:
            return True
        if allowed >= 0 and listed < first and listed - sum(rank < look for rank in ranks) > tolerated:
            return True
    return False


def course_runs(runs: int, size: int, only: str | None) -> None:
    print("| N | model | confidence | false | looks |\n| --- | --- | --- | --- | --- |")
    tolerated = tolerated_of(CLAIMED, size)
    for model, confidence, labels in _cases(size):
        if only not in (None, model):
            continue
        random_ = random.Random(f"{model}/{confidence}/{size}")  # noqa: S311 - a simulation, repeatable by its seed
        false = looks = 0
        for _ in range(runs):
            keys, ties = random_.sample(range(size), size), random_.sample(range(size), size)
            read = run_course(labels, tolerated=tolerated, alpha=ALPHA, keys=keys, ties=ties).read
            false += sum(labels.wrong) - sum(labels.wrong[place] for place in read) > tolerated
            looks += len(read)
        print(f"| {size:,} | {model} | {confidence} | {_share(false, runs)} | {looks / runs:,.0f} |", flush=True)


def _cases(size: int) -> Iterator[tuple[str, str, KnownLabels]]:
    for model, error in MODELS.items():
        for confidence in CONFIDENCES:
            random_ = random.Random(f"{model}/{size}")  # noqa: S311 - the same truth for each confidence
            truth = [min(0.9, error * random_.expovariate(1)) for _ in range(size)]
            wrong = [random_.random() < risk for risk in truth]
            yield model, confidence, KnownLabels(wrong, _stated(confidence, truth, random_), [0] * size)


def _stated(confidence: str, truth: list[float], random_: random.Random) -> list[float | None]:
    match confidence:
        case "good":
            return list(truth)
        case "useless":
            return list(random_.sample(truth, len(truth)))
        case "inverted":
            return [max(truth) - risk for risk in truth]
        case "absent":
            return [None] * len(truth)
        case _:
            return [round(risk * 10) / 10 for risk in truth]


def _share(count: int, runs: int) -> str:
    error = math.sqrt(count / runs * (1 - count / runs) / runs)
    return f"{count / runs:.2%} ± {error:.2%} ({runs:,} runs)"


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[2:4]]
    if sys.argv[1:2] == ["boundary"]:
        boundary_runs(given[0] if given else 10_000)
    else:
        chosen = sys.argv[4] if len(sys.argv) > 4 else None
        course_runs(given[0] if given else 10_000, given[1] if len(given) > 1 else 300, chosen)
