"""Answers given lately."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drawing import tries
from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, Completion
from tandem_llm_worker.answering.kept_answers import KeptAnswers
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


@tries(25)
@given(
    seqs=st.lists(st.integers(0, 700), min_size=200, max_size=900),
    max_count=st.integers(100, 600),
    max_bytes=st.sampled_from([40_000, 1_000_000]),
)
def test_answers_that_were_packed_are_the_newest_and_their_last_versions(
    seqs: list[int], max_count: int, max_bytes: int
) -> None:
    kept = KeptAnswers(KeptAnswersSettings(max_count=max_count, max_bytes=max_bytes))
    order: dict[int, int] = {}
    for number, seq in enumerate(seqs):
        kept.keep(answer(seq).effect_key, answer(seq, f"text {number}").to_json())
        order.pop(seq, None)
        order[seq] = number
        assert len(kept) <= max_count
        assert kept.size_bytes <= max_bytes
    newest = list(order)[len(order) - len(kept) :]
    texts = {seq: found.completions[0].text for seq in order if (found := kept_of(kept, seq))}
    assert texts == {seq: f"text {order[seq]}" for seq in newest}


def test_packing_costs_a_bounded_part_of_what_is_kept() -> None:
    kept = KeptAnswers(KeptAnswersSettings(max_count=10_000))
    for seq in range(20_000):
        kept.keep(answer(seq).effect_key, answer(seq).to_json())

    assert 9_900 <= len(kept) <= 10_000
    assert kept.size_bytes < 4_000_000
    assert kept_of(kept, 19_999)
    assert kept_of(kept, 10_100)
    assert kept_of(kept, 9_999) is None


def test_an_answer_larger_than_all_room_is_not_kept() -> None:
    kept = KeptAnswers(KeptAnswersSettings(max_bytes=100_000))
    kept.keep(answer(1).effect_key, answer(1, "x" * 200_000).to_json())
    kept.keep(answer(2).effect_key, answer(2).to_json())

    assert kept_of(kept, 1) is None
    assert kept_of(kept, 2)
    assert 0 < kept.size_bytes < 100_000
