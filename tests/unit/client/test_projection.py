"""Records as points: alike ones lie near each other."""

from __future__ import annotations

import math

import pytest

from tandem_client import TandemError
from tandem_client.notebook.projection import plane, word_vectors


def test_texts_of_the_same_words_lie_nearer_than_others() -> None:
    texts = ["the refund is late", "my refund is late again", "what a lovely beach", "a lovely, lovely beach"]
    late, again, beach, lovely = plane(word_vectors(texts))
    assert math.dist(late, again) < math.dist(late, beach)
    assert math.dist(beach, lovely) < math.dist(again, lovely)
    assert all(-1 <= number <= 1 for point in (late, again, beach, lovely) for number in point)


def test_one_record_and_equal_records_are_points_too() -> None:
    assert plane(word_vectors(["alone"])) == [(0.0, 0.0)]
    assert plane([[1.0], [1.0]]) == [(0.0, 0.0), (0.0, 0.0)]


@pytest.mark.parametrize("vectors", [[[1.0, 2.0], [1.0]], [1.0, 2.0], [["a"]], [[float("nan")]]])
def test_what_are_no_vectors_is_refused_with_the_cure(vectors: object) -> None:
    with pytest.raises(TandemError, match="rows of as many finite numbers") as refused:
        plane(vectors)
    assert refused.value.cure
