"""What an annotation tells of the calls that were made for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from builders import a_choice, a_job, a_schema, an_agent
from tandem.events import (
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    ModelCall,
    ResponseError,
    Usage,
)
from tandem.labeling.labeler import Labeler
from tandem.store.annotations.documents import CALLS_LIMIT, AnnotationDocument
from tandem_postprocessor.annotating import annotation_of

MOOD = a_choice()
SCHEMA = a_schema(MOOD)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def annotated(*calls: ModelCall, **more: Any) -> AnnotationDocument:
    agent = an_agent(provider="first", model="small")
    job = a_job(agent=agent, label_schema=SCHEMA)
    answer = AnnotationRespondedV1(job_id="job", project_id="p", seq=1, record_id="r", epoch=1, calls=calls, **more)
    return annotation_of(answer, job, Labeler(SCHEMA, agent.confidence_strategy), fields={}, now=BEGAN)[0]


def call(error: ErrorKind | None = None, status: int | None = 200, **more: Any) -> ModelCall:
    return ModelCall(started_at=BEGAN, seconds=0.5, status=status, error=error, **more)


GOOD: dict[str, Any] = {"completions": (Completion(text="good"),)}


def test_a_record_that_failed_keeps_every_call_that_was_made_for_it() -> None:
    error = ResponseError(kind=ErrorKind.SERVER_ERROR, message="the provider answered 503", status=503)
    kept = annotated(call(ErrorKind.TIMEOUT, None), call(ErrorKind.SERVER_ERROR, 503), error=error)
    assert (kept["outcome"], kept["reason"]) == ("failed", "server_error")
    assert [(each["error"], each["status"]) for each in kept["calls"]] == [("timeout", None), ("server_error", 503)]
    assert kept["calls"][0]["started_at"] == BEGAN


def test_an_answer_of_the_second_model_says_so_and_which_calls_went_to_which() -> None:
    used = Usage(prompt_tokens=9, completion_tokens=2)
    kept = annotated(
        call(ErrorKind.REFUSAL, provider="first", model="small"), call(usage=used, provider="second", model="large"),
        provider="second", model="large", fallback_used=True, **GOOD,
    )  # fmt: skip
    assert (kept["outcome"], kept["model"], kept["fallback_used"]) == ("labeled", "large", True)
    assert [(each["provider"], each["model"]) for each in kept["calls"]] == [("first", "small"), ("second", "large")]
    assert [each["prompt_tokens"] for each in kept["calls"]] == [None, 9]


def test_a_repaired_answer_says_so() -> None:
    assert annotated(call(), call(), repaired=True, **GOOD)["repaired"] is True


def test_calls_without_a_name_are_those_of_the_answers_model() -> None:
    kept = annotated(call(ErrorKind.TIMEOUT), call(), provider="first", model="small-2026", **GOOD)
    assert {(each["provider"], each["model"]) for each in kept["calls"]} == {("first", "small-2026")}


def test_one_call_that_went_well_leaves_nothing_to_tell() -> None:
    assert not {"calls", "fallback_used", "repaired"} & annotated(call(), **GOOD).keys()


def test_the_last_calls_are_kept_where_there_are_very_many() -> None:
    kept = annotated(*[call(ErrorKind.RATE_LIMITED, 429)] * (CALLS_LIMIT + 10), call(), **GOOD)
    assert len(kept["calls"]) == CALLS_LIMIT
    assert kept["calls"][-1]["error"] is None
