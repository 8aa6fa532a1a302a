"""Is confidence calibrated, whatever the tokenizer? On a model whose label probabilities are known.

Prints the table of docs/confidence.md: for each tokenizer and layout of the answer the expected calibration error (of
labels and right answers drawn from the same probabilities, so that the truth itself has one above 0) and the largest
gaps between the confidence and the label's true probability.

    uv run python bench/calibration.py --records 20000
"""

from __future__ import annotations

import argparse

from tandem.events import LabelOption, SingleChoiceTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, Method
from tandem.labeling.extraction import ChoiceReader
from tandem.labeling.reading import Reading
from tandem.quality.calibration import calibration
from tandem.testing.known_model import LABELS, LAYOUTS, TOKENIZERS, drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=8000, help="of each row")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    task = SingleChoiceTask(name="label", options=tuple(LabelOption(value=value) for value in LABELS))
    reader, estimator = ChoiceReader(task), ConfidenceEstimator(task)
    print("| tokenizer | listed | known | called a bound | ECE | ECE of the truth | most understated | overstated |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, tokenizer in TOKENIZERS.items():
        for top in (10, 3):
            judged, perfect, gaps = [], [], []
            asked = bounds = 0
            for number, layout in enumerate(LAYOUTS.values()):
                share = arguments.records // len(LAYOUTS)
                for known in drawn(share, tokenizer=tokenizer, layout=layout, top=top, seed=arguments.seed + number):
                    asked += 1
                    reading = reader.read(known.answer)
                    assert isinstance(reading, Reading)
                    confidence = estimator.estimate(reading, known.answer, known.tokens)
                    if isinstance(confidence, Confidence):
                        judged.append((confidence.value, known.label == known.right))
                        perfect.append((known.probability, known.label == known.right))
                        gaps.append(confidence.value - known.probability)
                        bounds += confidence.method is Method.TOKEN_PROBABILITY_BOUND
            error = calibration(judged).error
            print(
                f"| {name} | {top} | {len(judged) / asked:.1%} | {bounds / asked:.1%} | {error:.4f} "
                f"| {calibration(perfect).error:.4f} | {max(0.0, -min(gaps)):.4f} | {max(0.0, *gaps):.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
