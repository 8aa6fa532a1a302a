"""Where the confidence of labels comes from, as the agent chose it, for every kind of task."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders import a_choice, a_schema, an_agent, some_options
from tandem.events import (
    Completion,
    ConfidenceStrategy,
    MultipleChoiceTask,
    NumberTask,
    SpanTask,
    TaskLabel,
    TextTask,
)
from tandem.events.schema import LabelTask
from tandem.labeling.labeler import Labeler
from tandem.labeling.prompts import Renderer, default_templates, response_format

TEXT = {"text": "Ada met Bob in Rome."}
MOOD = a_choice()
TOPICS = MultipleChoiceTask(name="topics", options=some_options("art", "war", "sea"))
STARS = NumberTask(name="stars", minimum=0, maximum=5, step=0.5)
PRICE = NumberTask(name="price", minimum=0, maximum=1000)
TITLE = TextTask(name="title")
NAMES = SpanTask(name="names", options=some_options("who", "where"))


def labeled(strategy: ConfidenceStrategy, task: LabelTask, *answers: Any) -> TaskLabel:
    """Answers that are no text are values of the task, given as JSON."""
    texts = [answer if isinstance(answer, str) else json.dumps({task.name: answer["="]}) for answer in answers]
    found = Labeler(a_schema(task), strategy).label([Completion(text=text) for text in texts], TEXT)
    assert found.problem is None, found.problem
    (label,) = found.labels
    return label


def by_agreement(task: LabelTask, *values: Any) -> TaskLabel:
    return labeled(ConfidenceStrategy.AGREEMENT, task, *({"=": value} for value in values))


def test_the_option_of_most_samples_is_taken_with_their_share() -> None:
    label = by_agreement(MOOD, "bad", "good", "good", "good")
    assert (label.value, label.confidence, label.confidence_method) == ("good", 0.75, "agreement")
    assert label.probabilities == {"good": 0.75, "bad": 0.25}
    assert label.margin == 0.5


def test_samples_that_cannot_be_read_agree_with_nothing() -> None:
    label = labeled(ConfidenceStrategy.AGREEMENT, MOOD, "good", "who knows", "good", "good")
    assert label.confidence == 0.75


def test_a_set_has_its_share_and_each_label_its_own() -> None:
    label = by_agreement(TOPICS, ["art", "sea"], ["sea", "art"], ["art"], ["art", "war"])
    assert label.value == ("art", "sea")
    assert label.confidence == 0.5
    assert label.probabilities == {"art": 1.0, "war": 0.25, "sea": 0.5}


def test_each_span_has_the_share_of_the_samples_that_hold_it() -> None:
    ada, bob, rome = ({"text": text, "label": "who"} for text in ("Ada", "Bob", "Rome"))
    label = by_agreement(NAMES, [ada, bob], [ada, bob], [ada], [ada, rome, bob])
    assert isinstance(label.value, tuple)
    assert [getattr(span, "text", None) for span in label.value] == ["Ada", "Bob"]
    assert label.confidence == 0.5
    assert label.span_confidences == (1.0, 0.75)


def test_that_there_are_no_spans_is_a_value_too() -> None:
    label = by_agreement(NAMES, [], [], [{"text": "Ada", "label": "who"}])
    assert label.value == ()
    assert label.confidence == pytest.approx(2 / 3)
    assert label.span_confidences == ()


def test_numbers_agree_on_their_grid() -> None:
    assert by_agreement(STARS, 3.5, 3.5, 4, 3.5).confidence == 0.75


def test_numbers_without_a_step_agree_within_a_hundredth_of_the_range() -> None:
    label = by_agreement(PRICE, 500, 700, 505, 495, 100)
    assert (label.value, label.confidence) == (500, 0.6)


def test_texts_agree_up_to_case_and_white_space() -> None:
    label = by_agreement(TITLE, "The Sea", "the  sea", "A ship")
    assert label.value == "The Sea"
    assert label.confidence == pytest.approx(2 / 3)
    assert label.probabilities is None


def test_one_sample_alone_tells_nothing() -> None:
    label = by_agreement(MOOD, "good")
    assert (label.confidence, label.confidence_missing_reason) == (None, "one_sample")


def test_what_every_sample_said_is_told() -> None:
    answers = [Completion(text=text) for text in ("good", "who knows", "bad")]
    found = Labeler(a_schema(MOOD)).label(answers, {})
    assert [dict(sample.values) for sample in found.samples] == [{"mood": "good"}, {}, {"mood": "bad"}]
    assert [sample.problem is None for sample in found.samples] == [True, False, True]
    assert found.labels[0].value == "good"
    assert Labeler(a_schema(MOOD)).label(answers[:1], {}).samples == ()


STATED = ConfidenceStrategy.STATED


@pytest.mark.parametrize(
    "answer",
    [
        '{"mood": "good", "confidence": 85}',
        'Sure!\n```json\n{"mood": "good", "confidence": 0.85}\n```',
        "mood: good\nconfidence: 85%",
    ],
)
def test_what_the_model_states_is_the_confidence(answer: str) -> None:
    label = labeled(STATED, MOOD, answer)
    assert (label.value, label.confidence, label.confidence_method) == ("good", 0.85, "stated")


def test_one_statement_holds_for_all_tasks_of_the_record() -> None:
    answer = Completion(text='{"mood": "good", "stars": 4, "confidence": 70}')
    found = Labeler(a_schema(MOOD, STARS), STATED).label([answer], {})
    assert [label.confidence for label in found.labels] == [0.7, 0.7]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"mood": "good"}', "not_stated"),
        ('{"mood": "good", "confidence": null}', "not_stated"),
        ('{"mood": "good", "confidence": 1}', "stated_unclear"),
        ('{"mood": "good", "confidence": "high"}', "stated_unclear"),
    ],
)
def test_a_confidence_that_is_not_stated_clearly_is_absent(answer: str, reason: str) -> None:
    label = labeled(STATED, MOOD, answer)
    assert (label.confidence, label.confidence_missing_reason) == (None, reason)


def test_a_model_that_is_to_state_its_confidence_is_asked_for_it() -> None:
    of = a_schema(MOOD, TOPICS)
    asked = response_format(of, STATED)["json_schema"]["schema"]
    assert asked["properties"]["confidence"]["type"] == "integer"
    assert asked["required"] == ["mood", "topics", "confidence"]
    assert "confidence" not in response_format(of)["json_schema"]["schema"]["properties"]

    system, user = default_templates(of)
    agent = an_agent(system_template=system, user_template=user, confidence_strategy=STATED)
    assert '"confidence"' in Renderer(agent, of).messages(TEXT)[0]["content"]
    silent = agent.model_copy(update={"confidence_strategy": ConfidenceStrategy.AGREEMENT})
    assert "confidence" not in Renderer(silent, of).messages(TEXT)[0]["content"]
