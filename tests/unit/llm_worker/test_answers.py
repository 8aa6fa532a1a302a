"""Answers given lately."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, Completion
from tandem_llm_worker.answers import KeptAnswers
from tandem_llm_worker.settings import KeptAnswersSettings


def answer(seq: int, text: str = "yes") -> AnnotationRespondedV1:
    return AnnotationRespondedV1(
        job_id="job", project_id="p", seq=seq, record_id=str(seq), epoch=1, completions=(Completion(text=text),)
    )


def request(seq: int, attempt: int = 1) -> AnnotationRequestedV1:
    return AnnotationRequestedV1(
        job_id="job",
        project_id="p",
        seq=seq,
        attempt=attempt,
        record_id=str(seq),
        epoch=3,
        ask=2,
        content_hash="h",
        fields={},
    )


def kept_of(kept: KeptAnswers, seq: int) -> AnnotationRespondedV1 | None:
    return kept.answer(request(seq))


def test_a_kept_answer_comes_back_as_the_answer_to_the_new_request() -> None:
    kept = KeptAnswers(KeptAnswersSettings())
    first = answer(1)
    kept.keep(first.effect_key, first.to_json())
    asked = request(1)

    again = kept.answer(asked)

    assert again
    assert again.completions == first.completions
    assert (again.epoch, again.ask, again.causation_id) == (3, 2, asked.event_id)
    assert again.event_id != first.event_id


def test_another_attempt_is_another_question() -> None:
    kept = KeptAnswers(KeptAnswersSettings())
    kept.keep(answer(1).effect_key, answer(1).to_json())

    assert kept.answer(request(1, attempt=2)) is None


@given(
    sizes=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400)), max_size=60),
    max_count=st.integers(0, 8),
    max_bytes=st.integers(0, 4000),
)
def test_the_newest_are_kept_within_both_bounds(sizes: list[tuple[int, int]], max_count: int, max_bytes: int) -> None:
    kept = KeptAnswers(KeptAnswersSettings(max_count=max_count, max_bytes=max_bytes))
    order: list[int] = []
    for seq, size in sizes:
        given_answer = answer(seq, "x" * size)
        kept.keep(given_answer.effect_key, given_answer.to_json())
        order = [each for each in order if each != seq] + [seq]
        assert len(kept) <= max_count
        assert kept.size_bytes <= max_bytes
    newest = order[len(order) - len(kept) :]
    assert all(kept_of(kept, seq) is not None for seq in newest)
    assert all(kept_of(kept, seq) is None for seq in order[: len(order) - len(kept)])
