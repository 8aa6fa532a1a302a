"""Examples for a record: balanced or nearest, never the record itself, the same whenever they are drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema, some_options
from drawing import tries
from tandem.events import Example, MultipleChoiceTask, NumberTask, SingleChoiceTask
from tandem.text.embeddings import load_embeddings
from tandem_api.examples.choosing import MOST_BYTES, Balanced, ExampleTarget, Nearest, Verified

OPTIONS = some_options("a", "b", "c")
SCHEMA = a_schema(
    NumberTask(name="n", minimum=0, maximum=1),
    SingleChoiceTask(name="one", options=OPTIONS),
    MultipleChoiceTask(name="some", options=OPTIONS),
)
NOBODY = ExampleTarget("elsewhere", 0, "other")


def verified(seq: int, label: str, *, text: str = "", some: tuple[str, ...] = (), size: int = 10) -> Verified:
    example = Example(fields={"text": text or f"text {seq}"}, values={"one": label, "some": some})
    return Verified("d", seq, f"hash {seq}", example, size)


POOL = [verified(seq, "aaaaaaabbc"[seq % 10], some=("a", "b") if seq % 2 else ("c",)) for seq in range(60)]


def labels(found: list[Example], task: str = "one") -> Counter[object]:
    return Counter(example.values[task] for example in found)


def test_balanced_examples_have_each_label_as_often_as_any_other() -> None:
    assert labels(Balanced(POOL, SCHEMA, "one").draw(NOBODY, 9)) == {"a": 3, "b": 3, "c": 3}
    assert sorted(labels(Balanced(POOL, SCHEMA, None).draw(NOBODY, 4)).values()) == [1, 1, 2]


def test_a_record_with_several_labels_stands_for_each_of_them_and_is_shown_once() -> None:
    found = Balanced(POOL, SCHEMA, "some").draw(NOBODY, 6)
    assert labels(found, "some") == {("a", "b"): 4, ("c",): 2}
    assert len({example.fields["text"] for example in found}) == 6


def test_when_a_label_runs_out_the_others_fill_up() -> None:
    pool = [verified(0, "a"), *(verified(seq, "b") for seq in range(1, 9))]
    assert labels(Balanced(pool, SCHEMA, "one").draw(NOBODY, 5)) == {"a": 1, "b": 4}
    assert len(Balanced(pool, SCHEMA, "one").draw(NOBODY, 20)) == 9


def test_balanced_examples_are_the_same_for_all_records_that_are_not_among_them() -> None:
    balanced = Balanced(POOL, SCHEMA, "one")
    assert balanced.draw(NOBODY, 6) == balanced.draw(ExampleTarget("d", 999, "hash 999"), 6)
    assert Balanced(POOL[::-1], SCHEMA, "one").draw(NOBODY, 6) == balanced.draw(NOBODY, 6)


@tries(100)
@given(st.integers(0, 59), st.integers(1, 20), st.booleans())
def test_a_record_is_never_its_own_example_nor_is_one_of_the_same_content(seq: int, count: int, copy: bool) -> None:
    wanted = ExampleTarget("d2", 7, f"hash {seq}") if copy else ExampleTarget("d", seq, "another hash")
    vectors = np.eye(60, dtype=np.float32)
    drawn = (
        Balanced(POOL, SCHEMA, "one").draw(wanted, count),
        Nearest(POOL, vectors).draw([wanted], vectors[[seq]], count)[0],
    )
    for found in drawn:
        assert len(found) == count
        assert f"text {seq}" not in {example.fields["text"] for example in found}


def test_examples_stay_within_their_bytes() -> None:
    pool = [verified(seq, "a", size=MOST_BYTES // 3) for seq in range(9)]
    assert len(Balanced(pool, SCHEMA, "one").draw(NOBODY, 9)) == 3


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [
        "The flight was three hours late.",
        "My suitcase never arrived.",
        "The soup was cold and the waiter rude.",
        "We lost our luggage in Rome.",
        "Delicious dinner, friendly staff.",
    ]


def test_the_nearest_examples_are_those_that_speak_of_the_same_with_the_most_alike_last(texts: list[str]) -> None:
    embed = load_embeddings().vectors
    pool = [verified(seq, "a", text=text) for seq, text in enumerate(texts)]
    nearest = Nearest(pool, embed(texts))
    vectors = embed(["The airline lost my baggage."])
    (examples,) = nearest.draw([NOBODY], vectors, 2)
    found = [example.fields["text"] for example in examples]
    assert found[1] == texts[3]
    assert not set(found) & {texts[2], texts[4]}
    first, last = (embed(found) @ vectors[0]).tolist()
    assert first <= last


def test_where_the_nearest_are_no_examples_those_behind_them_are_taken() -> None:
    alike = [Verified("d", seq, "same", each.example, 10) for seq, each in enumerate(POOL[:40])]
    pool = [*alike, *POOL[40:]]
    vectors = np.eye(60, dtype=np.float32)
    near = np.concatenate([np.linspace(1, 0.5, 40), np.linspace(0.4, 0.1, 20)])[None].astype(np.float32)
    (found,) = Nearest(pool, vectors).draw([ExampleTarget("e", 0, "same")], near, 3)
    assert [example.fields["text"] for example in found] == ["text 42", "text 41", "text 40"]


def test_an_embedding_has_length_one_and_a_text_without_words_has_none() -> None:
    rows = load_embeddings().vectors(["some words", ""])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 0.0], abs=1e-5)
