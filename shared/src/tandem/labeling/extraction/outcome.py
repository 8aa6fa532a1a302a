"""The interface of the value readers of all kinds of tasks, and the sentences in which they decline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import GENERIC_NAMES
from tandem.labeling.extraction.kinds.options import separated
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason
from tandem.labeling.values import key_of

_NEGATING = frozenset({"not", "negated", "negation", "is negated", "incorrect", "is incorrect", "wrong"})
_AFFIRMING = frozenset({"correct", "is correct", "valid", "is valid"})
_TURNING = _NEGATING | _AFFIRMING
"""Keys that may turn what stands beside them into its opposite."""
LONGEST_QUOTE = 80


Found = Reading | Unreadable


class ValueReader(Protocol):
    """Reads the values of one task. The rule of a reading says what the value itself needed; its form comes on top."""

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        """Read the task's JSON value."""

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:
        """Read a stretch that is the value and nothing else, as behind the task's name."""

    def mistyped(self, stretch: Stretch) -> Reading | Unreadable | None:
        """Read a stretch that is the value with a typing mistake; return None where that cannot be."""


def not_in_schema(detail: str) -> Unreadable:
    return Unreadable(UnreadableReason.NOT_IN_SCHEMA, detail)


def out_of_range(detail: str) -> Unreadable:
    return Unreadable(UnreadableReason.OUT_OF_RANGE, detail)


def ambiguous(values: Iterable[object]) -> Unreadable:
    names = " or ".join(sorted(repr(value) for value in values))
    return Unreadable(UnreadableReason.AMBIGUOUS, f"the answer may be {names}" if names else "contradicting values")


def quoted(text: str) -> str:
    """Return the text as a sentence quotes it: in quotes, on one line, not too long."""
    text = " ".join(text.split())
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")


def loosened(found: Reading | Unreadable, rule: Rule) -> Reading | Unreadable:
    """Return the reading under the rule at the least."""
    if isinstance(found, Unreadable) or found.rule.or_looser(rule) is found.rule:
        return found
    return Reading(found.value, found.rule.or_looser(rule), found.places, found.in_json)


def generic_member(node: Node) -> Node | None:
    """Return the value of `{"label": ..., "confidence": ...}`: of the only member that is called like the value asked
    for."""
    names = [separated(key) for key, _ in node.members]
    if any(name in _TURNING for name in names):
        return None
    found = [value for name, (_, value) in zip(names, node.members, strict=True) if name in GENERIC_NAMES]
    return found[0] if len(found) == 1 else None


def is_turned(node: Node) -> bool:
    """Return True when a member of the object denies what stands beside it: `"negated": true`."""
    for key, value in node.members:
        if value.kind is JsonTokenKind.BOOLEAN:
            name = separated(key)
            if name in (_NEGATING if value.text == "true" else _AFFIRMING):
                return True
    return False


def agreed(readings: Sequence[Found]) -> Found:
    """Return the one value that all of them have, or why there is none."""
    if len(readings) == 1:
        return readings[0]
    good = [found for found in readings if isinstance(found, Reading)]
    if len({key_of(found.value) for found in good}) > 1:
        return ambiguous({str(found.value) for found in good})
    if len(good) < len(readings):
        bad = next(found for found in readings if isinstance(found, Unreadable))
        return ambiguous([]) if good else bad
    return max(good, key=lambda found: list(Rule).index(found.rule)) if good else ambiguous([])
