"""Reading of an answer: a value with the rule that found it, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tandem.events.outcomes import LabelValue


class Rule(StrEnum):
    """The rungs of the ladder, from exact to tolerant. A reading is named after the loosest one that it needed."""

    STRUCTURED = "structured"
    """The whole answer is JSON as asked for, with the task's key and the value spelled as the schema has it."""
    EXACT = "exact"
    """The whole answer is the value, spelled as the schema has it."""
    JSON_IN_TEXT = "json_in_text"
    """JSON in a code fence or between prose, wrapped in another object, or with keys spelled in another way."""
    REPAIRED_JSON = "repaired_json"
    """JSON with mistakes in its form: trailing commas, wrong quotes, an end that is missing."""
    NAMED_LINE = "named_line"
    """`Name: value` on a line."""
    NORMALIZED = "normalized"
    """The value up to case, unicode form, separators, quotes, markup and closing marks."""
    ALIAS = "alias"
    """Another of the label's spellings in the schema, or its name."""
    FINAL_STATEMENT = "final_statement"
    """A statement at the end or the beginning of the answer, on a line of its own, or as its `Final answer:`."""
    MENTION = "mention"
    """The only label that a sentence asserts."""
    FIRST_SENTENCE = "first_sentence"
    """The only label that the first sentence asserts, where no later one asserts another."""
    CLOSE_MATCH = "close_match"
    """A typing mistake away from exactly one label."""

    def or_looser(self, other: Rule) -> Rule:
        """Return the looser of the two."""
        return max(self, other, key=_ORDER.__getitem__)


_ORDER = {rule: place for place, rule in enumerate(Rule)}


class UnreadableReason(StrEnum):
    EMPTY = "empty"
    NO_OPTION = "no_option"
    """The answer is no value of the task, nor a form that holds one."""
    NOT_IN_SCHEMA = "not_in_schema"
    """The form is right, the value is none of the task's."""
    MISSING_TASK = "missing_task"
    """JSON without the task's key."""
    AMBIGUOUS = "ambiguous"
    """Several values fit, or the answer hedges, asks or contradicts itself."""
    OUT_OF_RANGE = "out_of_range"
    """A value of the right kind that the schema does not allow: a number, a count of labels, a length, a pattern."""
    NOT_IN_TEXT = "not_in_text"
    """A span that does not stand in the record's text."""
    CUT = "cut"
    """The answer ends before the value does."""
    REFUSED = "refused"
    """The model says that it will not or cannot answer."""


Place = tuple[int, int]
"""Place in the answer: index of its first character, and behind its last."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one task, as it was read from an answer."""

    value: LabelValue
    rule: Rule
    places: tuple[Place | None, ...]
    """Place of the value's text in the answer, quotes left out; None when it is unknown. One place for a single choice,
    a number or a text; one for each label of a multiple choice; of spans, one for each span's label.
    """
    in_json: bool = False

    @property
    def place(self) -> Place | None:
        """The only place, or the first."""
        return self.places[0] if self.places else None


@dataclass(frozen=True, slots=True)
class Unreadable:
    reason: UnreadableReason
    detail: str
    """Sentence for people and for the model that is asked again."""
