"""Label schemas of all kinds of tasks, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from tandem.events import (
    LabelOption,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
)

TRAPS = ("no", "yes", "on", "null", "~", "true", "1", "1.0", "0x1F", "1e3", "2026-01-01", "12:30:45", "<<", "=", "- a")
"""Texts that YAML takes for something else."""
_lines = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip()) and all(char == " " or char.isprintable() for char in text)
)
_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30) | st.sampled_from(TRAPS)
_colors = st.none() | st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)


@st.composite
def options(draw: st.DrawFn, at_least: int = 2) -> tuple[LabelOption, ...]:
    values = draw(
        st.lists(
            st.sampled_from(TRAPS) | _lines,
            min_size=at_least,
            max_size=5,
            unique_by=lambda value: value.strip().casefold(),
        )
    )
    keys = draw(st.permutations("abcde12"))
    return tuple(
        LabelOption(
            value=value,
            name=draw(_texts),
            description=draw(_texts),
            color=draw(_colors),
            key=draw(st.none() | st.just(keys[index])),
            aliases=(f"alias {index} of many",) if draw(st.booleans()) else (),
        )
        for index, value in enumerate(values)
    )


@st.composite
def tasks(draw: st.DrawFn) -> tuple[LabelTask, ...]:
    """One to five tasks whose names can be told apart."""
    kinds = draw(st.lists(st.sampled_from(["single", "multiple", "span", "number", "text"]), min_size=1, max_size=5))
    return tuple(_task(draw, kind, f"task {index}") for index, kind in enumerate(kinds))


def _task(draw: st.DrawFn, kind: str, name: str) -> LabelTask:
    question = draw(_texts)
    if kind == "single":
        return SingleChoiceTask(name=name, question=question, options=draw(options()))
    if kind == "multiple":
        some = draw(options())
        least = draw(st.integers(0, len(some)))
        most = draw(st.none() | st.integers(max(1, least), len(some)))
        return MultipleChoiceTask(name=name, question=question, options=some, at_least=least, at_most=most)
    if kind == "span":
        attributes = tuple(
            SpanAttribute(name=f"attribute {index}", options=draw(options()), required=draw(st.booleans()))
            for index in range(draw(st.integers(0, 2)))
        )
        return SpanTask(
            name=name,
            question=question,
            options=draw(options(at_least=1)),
            field=draw(st.none() | _lines),
            overlaps=draw(st.booleans()),
            attributes=attributes,
        )
    if kind == "number":
        low = draw(st.floats(-1e9, 1e9) | st.integers(-100, 100))
        width = draw(st.floats(0.5, 1e9))
        step = draw(st.none() | st.floats(0.001, 0.5))
        return NumberTask(
            name=name, minimum=low, maximum=low + width, step=step, unit=draw(st.sampled_from(["", "°C"]))
        )
    shortest = draw(st.integers(0, 20))
    pattern = draw(st.none() | st.sampled_from([r"\d+", "no", r"[A-Z]{2}-\d{4}"]))
    return TextTask(name=name, question=question, min_length=shortest, max_length=shortest + 30, pattern=pattern)
