"""What reading one answer costs, confidence included: microseconds at the median, for each kind of task.

    uv run python bench/labeling.py [--answers 3000]

The plain path: JSON as a model gives it under a schema, in the tokens of a usual tokenizer, with ten alternatives to
each token that was not certain. `extraction` reads the values; `both` makes the labels with their confidence.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from tandem.events import (
    Completion,
    LabelOption,
    LabelSchemaSpec,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)
from tandem.events.schema import LabelTask
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.labeler import Labeler
from tandem.testing.known_model import by_words, reported

TEXT = "Ada Lovelace met Charles Babbage in London in June 1833."
LABELS = ("positive", "neutral", "negative")
TOPICS = ("sports", "politics", "science", "culture", "economy", "weather", "travel", "health")


def _options(values: Sequence[str]) -> tuple[LabelOption, ...]:
    return tuple(LabelOption(value=value) for value in values)


KINDS: dict[str, tuple[LabelTask, Sequence[Any]]] = {
    "single choice, 3 options": (SingleChoiceTask(name="sentiment", options=_options(LABELS)), LABELS),
    "multiple choice, 2 of 8": (
        MultipleChoiceTask(name="topics", options=_options(TOPICS)),
        (["sports", "travel"], ["sports"], ["politics"], ["sports", "travel", "health"]),
    ),
    "number, 1 to 5": (NumberTask(name="stars", minimum=1, maximum=5, step=1), (4, 5, 3)),
    "number, any": (NumberTask(name="price", minimum=0, maximum=1e6), (129.5, 129, 12.5)),
    "short text": (TextTask(name="summary"), ("They met in London.", "Two people met.")),
    "spans, 2 of 3 labels": (
        SpanTask(name="entities", options=_options(("person", "place", "date"))),
        tuple(
            [
                {"text": "Ada Lovelace", "label": first, "context": None},
                {"text": "London", "label": second, "context": None},
            ]
            for first, second in (("person", "place"), ("person", "date"), ("place", "place"))
        ),
    ),
}


def completion(name: str, values: Sequence[Any]) -> Completion:
    """Return a completion that answers the first value; the others are what the model might have answered too."""
    texts = [json.dumps({name: value}, ensure_ascii=False) for value in values]
    shares = dict(zip(texts, (0.7, *[0.3 / (len(texts) - 1)] * (len(texts) - 1)), strict=True))
    return Completion(text=texts[0], finish_reason="stop", logprobs=tuple(reported(shares, texts[0], by_words, top=10)))


def measured(call: Callable[[], object], times: int) -> tuple[float, float]:
    """Microseconds of a call: the median, and the 10th percentile, which a busy machine disturbs less."""
    for _ in range(times // 10):
        call()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    tenths = statistics.quantiles(seconds, n=10)
    return 1e6 * tenths[4], 1e6 * tenths[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=3000, help="of each kind")
    arguments = parser.parse_args()
    print("| kind | tokens | extraction, µs (p10) | both, µs (p10) | confidence |")
    print("| --- | ---: | ---: | ---: | --- |")
    fields = {"text": TEXT}
    for kind, (task, values) in KINDS.items():
        schema = LabelSchemaSpec(label_schema_id="s", version=1, name="bench", tasks=(task,))
        labeler, reader = Labeler(schema), AnswerReader(schema.tasks)
        answer = completion(task.name, values)
        (label,) = labeler.label([answer], fields).labels
        shown = label.confidence_missing_reason if label.confidence is None else f"{label.confidence:.3f}"
        columns = [
            measured(lambda: reader.read(answer.text, fields), arguments.answers),  # noqa: B023 - called at once - called in the loop
            measured(lambda: labeler.label([answer], fields), arguments.answers),  # noqa: B023 - called at once
        ]
        times = " | ".join(f"{median:.1f} ({tenth:.1f})" for median, tenth in columns)
        print(f"| {kind} | {len(answer.logprobs or ())} | {times} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
