"""The text form of expressions: read, written, and what is said of a text that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.finding import And, Compare, Contains, Exists, Expression, Field, Flag, Is, Matches, Not, Or, parse, write
from tandem.finding.expressions import NAMED, ORDERED, Differs
from tandem.finding.parsing import ExpressionError

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = texts.filter(lambda name: "." not in name and not name.startswith("$"))
numbers = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.booleans() | numbers | texts


@st.composite
def compares(draw: st.DrawFn) -> Compare:
    field = draw(st.sampled_from(Field))
    name = draw(names) if field is Field.METADATA else draw(st.none() | names) if field in NAMED else None
    if field in ORDERED and draw(st.booleans()):
        operator = draw(st.sampled_from([Is.LESS, Is.LEAST, Is.MORE, Is.MOST]))
        value = draw(numbers if field is Field.CONFIDENCE else numbers | texts)
        return Compare(field=field, name=name, operator=operator, values=(value,))
    return Compare(field=field, name=name, values=tuple(draw(st.lists(scalars, min_size=1, max_size=3))))


tests: st.SearchStrategy[Expression] = st.one_of(
    compares(),
    st.builds(Exists, field=st.sampled_from(NAMED), name=names),
    st.builds(Contains, field=st.none() | texts, words=texts.filter(lambda text: bool(text.strip()))),
    st.builds(Matches, field=st.none() | texts, pattern=st.sampled_from([r"\bref(und)?\b", r'"\d+\\', "é|ß"])),
    st.builds(Flag, flag=st.sampled_from(["verified", "needs_review"])),
    st.builds(Differs, job_id=texts, name=st.none() | names),
)
trees = st.recursive(
    tests,
    lambda below: st.one_of(
        st.builds(Not, of=below),
        st.builds(And, of=st.lists(below, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, of=st.lists(below, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(trees)
def test_what_is_written_is_read_back_as_the_same_tree(tree: Expression) -> None:
    assert parse(write(tree)) == tree


_WORDS = 'label text metadata contains = < ( ) . , " \\ 0.8 and not in'
pieces = st.sampled_from(_WORDS.split(" ")) | texts


@given(st.lists(pieces).map(" ".join))
def test_any_text_is_an_expression_or_an_error_with_a_place(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017 - an expression is as good an outcome


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            'text contains "refund" and label = negative and confidence < 0.8 and not verified',
            'text contains "refund" and label = negative and confidence < 0.8 and not verified',
        ),
        ("label != a or NOT (verified and id in ('t1', 2))", "not label = a or not (verified and id in (t1, 2))"),
        (r'text.title matches "\bref(und)?\b"', r'text.title matches "\\bref(und)?\\b"'),
        ('metadata."my column" exists', 'metadata."my column" exists'),
        ("label.topic differs from j1", 'label.topic differs from "j1"'),
    ],
)
def test_the_text_form_is_short(text: str, written: str) -> None:
    assert write(parse(text)) == written
    assert parse(written) == parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Expected a test, not the end"),
        ("lable = negative", "Did you mean label?"),
        ("label = very positive", "Expected and, or, or the end, not 'positive'"),
        ("label = in", "Put quotes around words of the language"),
        ("(verified", "Expected ) to close the parenthesis"),
        ("text = refund", "Expected contains or matches behind text"),
        ('text contains "refund', "A quoted text does not end"),
        ("metadata = 3", "Metadata needs the name of a column: metadata.country"),
        ("outcome < 3", "Outcome has no order: use = or in"),
        ('text matches "(a"', "The regular expression cannot be used"),
        (f'text matches "(?:{"(?:x{1,900})" * 3}){{900}}"', "The regular expression cannot be used"),
        ("confidence < high", "Confidence is a number"),
        ("label in positive", "Expected ( behind in"),
        ("not " * 40 + "verified", "nested deeper than 30 levels"),
        (" or ".join(["verified"] * 201), "at most 200"),
        ("label = $", "This sign means nothing here. At character 9"),
    ],
)
def test_an_error_says_where_and_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert says in str(caught.value)
