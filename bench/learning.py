"""What the offline annotator learns from verified tweets: accuracy and calibration by number of examples.

uv run python bench/learning.py [TWEETS.csv]
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from pathlib import Path

from tandem.testing.known_model import error_against
from tandem.text.embeddings import load_embeddings
from tandem_local.annotator.classifier import Classifier
from tandem_local.annotator.learning import Learner

TWEETS = Path(__file__).parents[1] / "examples" / "tweets" / "tweets.csv"
LABELS = ("positive", "neutral", "negative")
DESCRIPTIONS = {
    "positive": "The writer feels good about what they write of: joy, praise, hope, thanks.",
    "neutral": "No clear feeling: a plain statement, a question, or good and bad even.",
    "negative": "The writer feels bad about what they write of: anger, sadness, fear, complaint.",
}
HELD_OUT = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tweets", type=Path, nargs="?", default=TWEETS)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with arguments.tweets.open(encoding="utf-8", newline="") as file:
        tweets = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    embeddings = load_embeddings()
    classifier = Classifier(embeddings)
    prior = {text: classifier.probabilities(text, LABELS, DESCRIPTIONS) for text, _ in tweets}
    print("| verified | right | calibration error | ms to fit |")
    print("| ---: | ---: | ---: | ---: |")
    for count in (0, 50, 100, 200, 500, 1_000, 2_000):
        rights, errors, spent = 0.0, 0.0, 0.0
        for turn in range(arguments.rounds):
            drawn = random.Random(turn).sample(tweets, len(tweets))  # noqa: S311 - a drawing, no secret
            learner = Learner(embeddings)
            for text, label in drawn[:count]:
                learner.see(("tweets", "sentiment"), text, label, prior[text])
            began = time.thread_time()
            learner.probabilities(("tweets", "sentiment"), drawn[-1][0], prior[drawn[-1][0]])
            spent += time.thread_time() - began
            known = []
            for text, label in drawn[-HELD_OUT:]:
                shares = learner.probabilities(("tweets", "sentiment"), text, prior[text])
                chosen = max(shares, key=shares.__getitem__)
                known.append((shares[chosen], float(chosen == label)))
            rights += sum(right for _, right in known) / len(known)
            errors += error_against(known)
        rounds = arguments.rounds
        print(f"| {count:,} | {rights / rounds:.1%} | {errors / rounds:.3f} | {spent / rounds * 1000:.0f} |")


if __name__ == "__main__":
    main()
