"""How the readers of the kinds of tasks are asked, and the sentences in which they decline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tandem.labeling.extraction.located_json import Node
from tandem.labeling.extraction.options import separated
from tandem.labeling.extraction.stretch import Stretch
from tandem.labeling.extraction.wrapping import GENERIC_NAMES
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason

LONGEST_QUOTE = 80


class ValueReader(Protocol):
    """Reads the values of one task. The rule of a reading says what the value itself needed; its form comes on top."""

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        """From what JSON has for the task."""

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:
        """From a stretch that is the value and nothing else, as behind the task's name."""


def not_in_schema(detail: str) -> Unreadable:
    return Unreadable(UnreadableReason.NOT_IN_SCHEMA, detail)


def out_of_range(detail: str) -> Unreadable:
    return Unreadable(UnreadableReason.OUT_OF_RANGE, detail)


def ambiguous(values: Iterable[object]) -> Unreadable:
    names = " or ".join(sorted(repr(value) for value in values))
    return Unreadable(UnreadableReason.AMBIGUOUS, f"the answer may be {names}" if names else "contradicting values")


def quoted(text: str) -> str:
    """The text as a sentence quotes it: in quotes, on one line, not too long."""
    text = " ".join(text.split())
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")


def loosened(found: Reading | Unreadable, rule: Rule) -> Reading | Unreadable:
    """The reading under the rule at the least."""
    if isinstance(found, Unreadable) or found.rule.or_looser(rule) is found.rule:
        return found
    return Reading(found.value, found.rule.or_looser(rule), found.places, found.in_json)


def generic_member(node: Node) -> Node | None:
    """The value of `{"label": ..., "confidence": ...}`: of the only member that is called like the value asked for."""
    found = [value for key, value in node.members if separated(key) in GENERIC_NAMES]
    return found[0] if len(found) == 1 else None
