"""Simulate readers who err, and readers who see the label. Prints tables for docs/certificates.md.

    python bench/certificate_readers.py [RUNS] [N]

`one reader`: each read is taken for the truth. `panel`: two readers and a third where they differ for audits,
corrections read once, and a sample of them read again by two more. False: more labels differ from the truth than the
claim says.
"""

from __future__ import annotations

import random
import sys
from typing import NamedTuple

from tandem.quality.certificates.course import Course, Phase, simple_order
from tandem.quality.certificates.opening import REREAD_SHARE, tolerated_of
from tandem.quality.certificates.readers import most_wrong

ALPHA, CLAIMED, MODEL_ERROR, REREAD = 0.05, 0.05, 0.1, 100


class Readers(NamedTuple):
    """How readers err.

    `error`: the share of reads that are wrong, whatever the label; `kept`: the share of wrong labels that they keep
    when they see them; `panel`: whether a panel reads the audits and the sample of corrections.
    """

    error: float
    kept: float
    panel: bool


def run(random_: random.Random, size: int, readers: Readers) -> tuple[bool, float]:
    """Return whether the claim was false, and the reads taken. Labels are right or wrong; a read errs independently."""
    risks = [min(0.9, MODEL_ERROR * random_.expovariate(1)) for _ in range(size)]
    wrong = [random_.random() < risk for risk in risks]
    tolerated = tolerated_of(CLAIMED, size)
    keys, ties = random_.sample(range(size), size), random_.sample(range(size), size)
    alpha = ALPHA * (1 - REREAD_SHARE) if readers.panel else ALPHA
    course = Course(risks, [0] * size, simple_order(size, keys), ties, tolerated=tolerated, alpha=alpha)
    reads = 0
    said: dict[int, bool] = {}
    course.advance()
    while course.phase is not Phase.CLOSED:
        audits = course.phase is Phase.AUDITS
        for place in course.wanted():
            said[place], taken = _read(random_, wrong[place], readers, panel=readers.panel and audits)
            reads += taken
            course.decide(place, wrong=said[place])
        course.advance()
    left = sum(label != said.get(place, False) for place, label in enumerate(wrong))
    bound = 0
    if readers.panel:
        sample = random_.sample(course.corrections, min(REREAD, len(course.corrections)))
        found = 0
        for place in sample:
            settled, taken = _read(random_, wrong[place], readers, panel=True)
            reads += taken
            found += settled != said[place]
            left += (settled != wrong[place]) - (said[place] != wrong[place])
        bound = most_wrong(len(course.corrections), len(sample), found, ALPHA * REREAD_SHARE) if sample else 0
    return left > tolerated + bound, reads


def _read(random_: random.Random, truth: bool, readers: Readers, *, panel: bool) -> tuple[bool, int]:
    """Return whether readers say that the label is wrong, and how many reads it took."""
    if not panel:
        return _one(random_, truth, readers), 1
    first, second = _one(random_, truth, readers), _one(random_, truth, readers)
    return (first, 2) if first == second else (_one(random_, truth, readers), 3)


def _one(random_: random.Random, truth: bool, readers: Readers) -> bool:
    if truth and random_.random() < readers.kept:
        return False
    return truth != (random_.random() < readers.error)


def main(runs: int, size: int) -> None:
    print(f"{size:,} records, {MODEL_ERROR:.0%} of the labels wrong, claimed {CLAIMED:.0%}, {runs:,} runs")
    print("| readers err | keep wrong labels they see | rule | false | reads |\n| --- | --- | --- | --- | --- |")
    cases = [Readers(error, 0, panel) for error in (0, 0.01, 0.05, 0.15) for panel in (False, True)]
    cases += [Readers(0, kept, False) for kept in (0.1, 0.2, 0.4)]
    for readers in cases:
        random_ = random.Random(str(readers))  # noqa: S311 - a simulation, repeatable by its seed
        found = [run(random_, size, readers) for _ in range(runs)]
        false, reads = sum(each[0] for each in found), sum(each[1] for each in found)
        rule = "panel" if readers.panel else "one reader"
        print(
            f"| {readers.error:.0%} | {readers.kept:.0%} | {rule} | {false / runs:.1%} | {reads / runs:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(given[0] if given else 500, given[1] if len(given) > 1 else 2000)
