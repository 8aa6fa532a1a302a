"""Traits that all tasks of a kind share, for code that needs to know no more of a kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTraits:
    """Traits of a task's value. Each kind states them once, in its class; read them as `task.traits.has_parts`.

    Where code needs the fields of the kind, it matches on the task instead and ends with `assert_never`, so that the
    type checker names the place when there is a new kind.
    """

    is_one_label: bool = False
    """Exactly one of the options: there is a confusion matrix, and a probability over the options."""
    has_parts: bool = False
    """Labels or spans, each of which may be right by itself; there may be none."""
    lies_in_record: bool = False
    """Stretches of the record's text, without which the value cannot be read or checked."""
    is_free_text: bool = False
    """Whatever a person may write: compared up to case and white space, never looked for in a sentence."""
    fits_in_sentence: bool = False
    """One word or number that a sentence can give: "so the answer is 7"."""
