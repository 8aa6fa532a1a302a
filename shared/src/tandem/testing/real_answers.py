"""Read recorded answers of real models and score what is made of them: extraction and confidence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
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
from tandem.events.annotations import TokenLogprob
from tandem.events.jobs import ConfidenceStrategy
from tandem.events.outcomes import TaskLabel
from tandem.events.schema import LabelTask
from tandem.labeling.labeler import Labeler, Labeling
from tandem.testing.known_model import error_against

_TOPICS = (
    *("sports", "music", "politics", "technology", "food", "travel", "health", "family", "work", "school", "movies"),
    *("games", "weather", "money", "other"),
)
_TICKET = ("billing", "delivery", "defect", "account", "how_to", "feedback")


def _options(*values: str) -> tuple[LabelOption, ...]:
    return tuple(LabelOption(value=value) for value in values)


_SENTIMENT = SingleChoiceTask(name="sentiment", options=_options("positive", "neutral", "negative"))
_TASKS: Mapping[str, tuple[LabelTask, ...]] = {
    "topic15": (SingleChoiceTask(name="topic", options=_options(*_TOPICS)),),
    "nli": (SingleChoiceTask(name="relation", options=_options("entailment", "neutral", "contradiction")),),
    "emotions": (MultipleChoiceTask(name="emotions", options=_options("joy", "anger", "sadness", "fear", "surprise")),),
    "rating-halves": (NumberTask(name="rating", minimum=0, maximum=5, step=0.5),),
    "rating": (NumberTask(name="rating", minimum=1, maximum=5, step=1),),
    "spans": (SpanTask(name="names", options=_options("person", "place", "organisation")),),
    "text": (TextTask(name="topic"),),
    "tickets": (
        MultipleChoiceTask(name="topic", options=_options(*_TICKET)),
        SingleChoiceTask(name="urgency", options=_options("low", "normal", "high")),
    ),
}
"""Part of a run's name to the tasks that were asked for; where none fits, the sentiment."""


@dataclass(frozen=True, slots=True)
class AskedRecord:
    """Record that a model was asked about, and the result of its answers."""

    run: str
    model: str
    temperature: float
    structured: bool
    strategy: str
    kind: str
    gold: str | None
    """The right label, where it is known: of sentiments and relations."""
    labeling: Labeling

    @property
    def label(self) -> TaskLabel | None:
        """The first task's label; None where it could not be read."""
        return self.labeling.labels[0] if self.labeling.labels else None


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Figures of one group of answers. Those of confidence are None where no label has both confidence and gold."""

    asked: int
    right: int
    wrong: int
    unread: int
    with_confidence: int
    accuracy: float | None
    calibration_error: float | None
    auc: float | None
    brier: float | None
    negative_margins: int


def asked(corpus: Path) -> Iterator[AskedRecord]:
    """Yield each record of the corpus (gzipped JSON lines) with its labels."""
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield _asked(json.loads(line))


def _asked(line: Mapping[str, Any]) -> AskedRecord:
    tasks = next((tasks for name, tasks in _TASKS.items() if name in line["run"]), (_SENTIMENT,))
    schema = LabelSchemaSpec(label_schema_id="real", version=1, name="real", tasks=tasks)
    labeler = Labeler(schema, ConfidenceStrategy(line["strategy"]))
    tokens = tuple(
        TokenLogprob(token=token, logprob=logprob, top=tuple(map(tuple, top)))
        for token, logprob, top in line["logprobs"] or ()
    )
    completions = [
        Completion(text=text, finish_reason=finish, logprobs=tokens if index == 0 else None)
        for index, (text, finish) in enumerate(zip(line["answers"], line["finish"], strict=True))
    ]
    labeling = labeler.label(completions, line["fields"])
    gold = line["gold"] if tasks[0].traits.is_one_label else None
    kind = f"{tasks[0].name}, {tasks[0].kind}"
    return AskedRecord(
        run=line["run"],
        model=line["model"],
        temperature=line["temperature"],
        structured=line["structured"],
        strategy=line["strategy"],
        kind=kind,
        gold=gold,
        labeling=labeling,
    )


def scores(found: Iterable[AskedRecord]) -> AnswerScores:
    """Score one group of answers."""
    everything = list(found)
    labels = [(each, each.label) for each in everything if each.label is not None]
    judged = [(each.gold == label.value, label) for each, label in labels if each.gold is not None]
    known = [(label.confidence, float(right)) for right, label in judged if label.confidence is not None]
    return AnswerScores(
        asked=len(everything),
        right=sum(right for right, _ in judged),
        wrong=sum(not right for right, _ in judged),
        unread=len(everything) - len(labels),
        with_confidence=sum(label.confidence is not None for _, label in labels),
        accuracy=_mean([right for _, right in known]),
        calibration_error=error_against(known) if known else None,
        auc=area_under_curve(known),
        brier=_mean([(told - right) ** 2 for told, right in known]),
        negative_margins=sum(label.margin is not None and label.margin < 0 for _, label in labels),
    )


def area_under_curve(known: Iterable[tuple[float, float]]) -> float | None:
    """Return the share of pairs of a right and a wrong label of which the right one has the higher confidence.

    Equal ones count half. None where there are only right or only wrong labels.
    """
    told = list(known)
    right = [confidence for confidence, is_right in told if is_right]
    wrong = [confidence for confidence, is_right in told if not is_right]
    if not right or not wrong:
        return None
    wins = sum((one > other) + (one == other) / 2 for one in right for other in wrong)
    return wins / (len(right) * len(wrong))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
