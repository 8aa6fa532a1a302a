"""Compare ways to choose what people look at, by looks and by the error that remains.

    uv run python bench/study_verification.py [RUNS]

Two weak models label the bundled tweets (examples/tweets): logistic regressions over static embeddings and over words,
each fitted to 300 tweets of its own. The others are reviewed: a look replaces a label by the consensus of the raters,
or by what one of the raters said. The figures of docs/studies.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from study_answers import head, row

from tandem.quality.certificates.opening import tolerated_of
from tandem.quality.certificates.risk import log_odds
from tandem.quality.certificates.simulate import KnownLabels, run_course, simulate
from tandem.quality.corrected import BlindDecisions, binned, correct
from tandem.review.weighing import WeightedRead, accuracies, weighed
from tandem.text.embeddings import load_embeddings

TWEETS = Path(__file__).parents[1] / "examples" / "tweets" / "tweets.csv"
TAUGHT = 300
BUDGETS = (250, 500, 1000, 1500, 2000, 2500)
ERRORS = (0.10, 0.05, 0.02)


class Labeled(NamedTuple):
    """Tweets with the labels of both models, and what people say of them."""

    gold: Sequence[str]
    rater: Sequence[str]
    label: Sequence[str]
    confidence: Sequence[float]
    other: Sequence[str]
    voted: Sequence[tuple[str, float]]
    """What most of four other raters say, and their share: stands for a model better than one reader."""

    @property
    def wrong(self) -> list[bool]:
        return [one != other for one, other in zip(self.label, self.gold, strict=True)]


def labeled() -> Labeled:
    with TWEETS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(7).shuffle(rows)  # noqa: S311 - a fixed order
    texts, gold = [each["text"] for each in rows], [each["label"] for each in rows]
    vectors = load_embeddings().vectors(texts)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit_transform(texts)
    first = LogisticRegression(max_iter=2000, C=10).fit(vectors[:TAUGHT], gold[:TAUGHT])
    second = LogisticRegression(max_iter=2000, C=10).fit(words[TAUGHT : 2 * TAUGHT], gold[TAUGHT : 2 * TAUGHT])
    rest = slice(2 * TAUGHT, None)
    shares = first.predict_proba(vectors[rest])
    return Labeled(
        gold[rest],
        [each["rater_1"] for each in rows[rest]],
        [str(each) for each in first.classes_[shares.argmax(axis=1)]],
        [float(each) for each in shares.max(axis=1)],
        [str(each) for each in second.predict(words[rest])],
        [_voted([each[f"rater_{number}"] for number in range(2, 6)]) for each in rows[rest]],
    )


def _voted(said: Sequence[str]) -> tuple[str, float]:
    label, count = Counter(said).most_common(1)[0]
    return label, (count + 0.5) / (len(said) + 1.5)


def orders(data: Labeled) -> dict[str, list[int]]:
    """Return, for each strategy, the order in which records are read."""
    size = len(data.gold)
    drawn = random.Random(1).sample(range(size), size)  # noqa: S311 - repeatable
    by_confidence = sorted(drawn, key=lambda place: data.confidence[place])
    differs = [one != other for one, other in zip(data.label, data.other, strict=True)]
    return {
        "random": drawn,
        "least confident first": by_confidence,
        "where two models differ, the confident first": sorted(
            drawn, key=lambda place: (not differs[place], -data.confidence[place])
        ),
        "where two models differ, the unsure first": sorted(by_confidence, key=lambda place: not differs[place]),
        "learned: corrected confidence and label": _learned(data, by_confidence, differs=None),
        "learned: also what the other model says": _learned(data, by_confidence, differs=differs),
    }


def _learned(data: Labeled, start: Sequence[int], *, differs: Sequence[bool] | None) -> list[int]:
    """Read the riskiest first, by a fit that is made anew every 100 looks; the first 100 are drawn at random."""
    left, order = list(start), []
    sums = BlindDecisions()
    names = [f"{label}{'' if differs is None else differs[place]}" for place, label in enumerate(data.label)]
    odds = [log_odds(1 - sure) for sure in data.confidence]
    random_ = random.Random(3)  # noqa: S311 - repeatable
    block = random_.sample(left, 100)
    while left:
        for place in block:
            is_wrong = data.label[place] != data.gold[place]
            sums.see({"confidence": odds[place]}, names[place], seq=place, is_wrong=is_wrong)
        order += block
        taken = set(block)
        left = [place for place in left if place not in taken]
        if (fit := correct(sums)) is not None:
            correction = fit.correction
            left.sort(key=lambda place: -correction.risk(names[place], binned(odds[place])))
        block = left[:100]
    return order


def remaining(data: Labeled, order: Sequence[int], looks: int, *, said: Sequence[str]) -> float:
    """Return the share of labels that is wrong after so many looks, each replacing a label by what was said."""
    final = list(data.label)
    for place in order[:looks]:
        final[place] = said[place]
    return sum(one != other for one, other in zip(final, data.gold, strict=True)) / len(final)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    data = labeled()
    wrong = data.wrong
    size = len(wrong)
    print(f"{size} tweets, {sum(wrong) / size:.1%} of the labels wrong; rater 1 differs from the consensus in ", end="")
    print(f"{np.mean([one != other for one, other in zip(data.rater, data.gold, strict=True)]):.1%}.")
    ways = orders(data)
    for title, said in (("the consensus", data.gold), ("one rater", data.rater)):
        print(f"\nLabels that are still wrong after so many looks, where a look gives what {title} says\n")
        head("strategy", *(f"{budget:,}" for budget in BUDGETS))
        for name, order in ways.items():
            row(name, *(f"{remaining(data, order, budget, said=said):.1%}" for budget in BUDGETS))
    outweighed(data, "regression over embeddings")
    better = [list(each) for each in zip(*data.voted, strict=True)]
    outweighed(data._replace(label=better[0], confidence=better[1]), "vote of four other raters")
    certified(data, runs)


def outweighed(data: Labeled, model: str) -> None:
    """Print what remains wrong where one rater's word is weighed against the corrected confidence of the label.

    Both the rater's accuracy and the correction are taken from the same 300 records, drawn at random and judged by the
    consensus.
    """
    known = random.Random(4).sample(range(len(data.gold)), 300)  # noqa: S311 - repeatable
    odds = [log_odds(1 - sure) for sure in data.confidence]
    order = sorted(range(len(odds)), key=lambda place: -odds[place])
    sums = BlindDecisions()
    for place in known:
        sums.see(
            {"confidence": odds[place]},
            data.label[place],
            seq=place,
            is_wrong=data.label[place] != data.gold[place],
        )
    fit = correct(sums)
    assert fit is not None
    hits = sum(data.rater[place] == data.gold[place] for place in known)
    accuracy = accuracies({"rater": (hits, len(known))})["rater"]
    said = []
    for place, label in enumerate(data.label):
        risk = fit.correction.risk(label, binned(odds[place]))
        said.append(str(weighed(label, risk, [WeightedRead(data.rater[place], accuracy)], options=3).value))
    share = sum(data.wrong) / len(data.wrong)
    print(f"\nLabels of a {model}, {share:.1%} wrong; one rater, right in {accuracy:.0%}, least confident first\n")
    head("a look gives", *(f"{budget:,}" for budget in BUDGETS), "all")
    for name, words in (("what the rater says", data.rater), ("rater and label, weighed", said)):
        row(name, *(f"{remaining(data, order, looks, said=words):.1%}" for looks in (*BUDGETS, len(order))))


def certified(data: Labeled, runs: int) -> None:
    """Print the looks of a certificate beside those that each order would need, were the truth known."""
    print(f"\nLooks until the error is certified (mean of {runs} runs), and least looks of each order in hindsight\n")
    known = KnownLabels.of(list(data.gold), list(data.label), list(data.confidence))
    size = len(known.wrong)
    ways = orders(data)
    head("error", "certified", "remaining error", "PAC labels", "uniform audit", *ways)
    for error in ERRORS:
        tolerated = tolerated_of(error, size)
        found = simulate(known, error=error, alpha=0.05, runs=runs, seed=1)
        left = []
        for run in range(runs):
            random_ = random.Random(f"left/{run}")  # noqa: S311 - repeatable
            keys, ties = random_.sample(range(size), size), random_.sample(range(size), size)
            read = run_course(known, tolerated=tolerated, alpha=0.05, keys=keys, ties=ties).read
            left.append(sum(known.wrong) - sum(known.wrong[place] for place in read))
        needed = [_least(known.wrong, order, tolerated) for order in ways.values()]
        means = [found[name].mean for name in ("tandem", "pac labels", "uniform audit")]
        row(
            f"{error:.0%}",
            f"{means[0]:,.0f}",
            f"{sum(left) / runs / size:.1%}",
            *(f"{mean:,.0f}" for mean in means[1:]),
            *(f"{looks:,}" for looks in needed),
        )


def _least(wrong: Sequence[bool], order: Sequence[int], tolerated: int) -> int:
    """Return after how many looks at most `tolerated` labels are wrong; nobody knows that without a proof."""
    left = sum(wrong)
    for looks, place in enumerate(order):
        if left <= tolerated:
            return looks
        left -= wrong[place]
    return len(order)


if __name__ == "__main__":
    main()
