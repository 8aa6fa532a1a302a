"""Values of single choices; and the ways in which any choice spells an option, or says that there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tandem.events.schema import SingleChoiceTask
from tandem.labeling.extraction.forms.flags import flags_in
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers
from tandem.labeling.extraction.kinds.options import OptionMatch, OptionTable
from tandem.labeling.extraction.outcome import (
    ambiguous,
    generic_member,
    loosened,
    not_in_schema,
    quoted,
)
from tandem.labeling.normalization import fold, normalize
from tandem.labeling.reading import Place, Reading, Rule, Unreadable

NONE = frozenset(
    {
        "none", "[]", "{}", "n/a", "na", "nothing", "empty", "no label", "no labels", "none of the above",
        "none of these", "none of them", "none apply", "none applies", "not applicable", "no entities",
        "no entities found", "no spans", "no entity", "no matches", "null", "(none)", "keine", "aucun", "aucune",
        "ninguno", "ninguna", "nessuno", "nenhum", "\u65e0", "\u306a\u3057", "\u043d\u0435\u0442",
    }
)  # fmt: skip
"""Words by which models say that there is nothing."""

_THERE_IS_NONE = re.compile(
    r"(?:there (?:are|is|were) )?no (?:named |relevant |such |matching |applicable )*"
    r"(?:entit(?:y|ies)|spans?|labels?|mentions?|topics?|names?|categor(?:y|ies)|tags?)"
    r"(?: (?:(?:were|are|was|is|to be) )?(?:found|present|mentioned|detected|identified|apply|applies|here))?"
    r"(?: in (?:the|this) \w+)?|"
    r"none of (?:the|these|those) (?:above |given |listed )?\w+ "
    r"(?:(?:are|is|were|was) (?:mentioned|present|discussed)|apply|applies|fits?)"
    r"(?: in (?:the|this) \w+)?"
)
_CALLED = re.compile(
    r"[\s*_\"'(]*(?:option|choice)\s+(?:(?P<number>\d{1,2}|[A-Za-z])\s*[:.)\u2013-]\s*)?(?=\S)", re.IGNORECASE
)
"""Nouns for a label, written before it: `Option B`, `Option 2: negative`."""
SCALARS = (JsonTokenKind.STRING, JsonTokenKind.NUMBER, JsonTokenKind.BOOLEAN)


def says_none(text: str) -> bool:
    normal = normalize(text)
    return normal in NONE or fold(text) in NONE or _THERE_IS_NONE.fullmatch(normal) is not None


class SingleChoiceReader:
    def __init__(self, task: SingleChoiceTask) -> None:
        self._task = task
        self._table = OptionTable(task.options)

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is JsonTokenKind.LIST and len(node.items) == 1:
            return loosened(self.in_json(node.items[0], fields), Rule.NORMALIZED)
        if node.kind is JsonTokenKind.OBJECT and (inner := generic_member(node)) is not None:
            return loosened(self.in_json(inner, fields), Rule.NORMALIZED)
        if node.kind is JsonTokenKind.OBJECT and (match := self._flagged(node)) is not None:
            return loosened(self._reading(match, node.place), Rule.NORMALIZED)
        if node.kind not in SCALARS:
            return not_in_schema(f"{self._task.name!r} wants one of {self._table.named()}")
        if (match := self._table.spelled(node.text)) is not None:
            return self._reading(match, place_in(node, match), in_json=True)
        return self._none_of(node.text)

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:
        for layer in layers(stretch):
            if (match := self._table.spelled(layer.text)) is not None:
                found = self._reading(match, spelled_at(layer, match).place)
                return found if layer == stretch else loosened(found, Rule.NORMALIZED)
        called = _CALLED.match(stretch.text)
        if called is not None and self._table.spelled(called["number"] or " ") is None:
            return loosened(self.in_text(stretch.part(called.end(), len(stretch.text)), fields), Rule.NORMALIZED)
        return self._none_of(stretch.text)

    def mistyped(self, stretch: Stretch) -> Reading | None:
        inner = layers(stretch)[-1]
        match = self._table.like(inner.text)
        return None if match is None or match.only is None else Reading(match.only, match.rule, (inner.place,))

    def _flagged(self, node: Node) -> OptionMatch | None:
        """Read `{"label": true, "other": false}`: the options that are true, where each option has its flag."""
        flags = [(self._table.spelled(key), flag) for key, flag in flags_in(node) or ()]
        if {match.only for match, _ in flags if match is not None} != set(self._table.values):
            return None
        chosen = {match.only for match, flag in flags if match is not None and flag}
        return (
            OptionMatch(frozenset(value for value in chosen if value is not None), Rule.NORMALIZED) if chosen else None
        )

    def _reading(self, match: OptionMatch, place: Place, *, in_json: bool = False) -> Reading | Unreadable:
        if (value := match.only) is None:
            return ambiguous(match.values)
        rule = Rule.STRUCTURED if in_json and match.rule is Rule.EXACT else match.rule
        return Reading(value, rule, (place,), in_json=in_json)

    def _none_of(self, text: str) -> Unreadable:
        return not_in_schema(f"{quoted(text)} is not a label of {self._task.name!r}: {self._table.named()}")


def place_in(node: Node, match: OptionMatch) -> Place:
    """Return where in the string the option stands; all of it where it is escaped."""
    if match.rule is Rule.EXACT or not node.is_verbatim:
        return node.place
    inner = spelled_at(Stretch.whole(node.text), match)
    return (node.place[0] + inner.start, node.place[0] + inner.end)


def spelled_at(stretch: Stretch, match: OptionMatch) -> Stretch:
    """Return where within the stretch the option stands: all of it as spelled, else without the marks around it."""
    value = match.only
    if value is None:
        return stretch
    text, wanted = stretch.text.casefold(), value.casefold()
    if len(text) == len(stretch.text) and (at := text.find(wanted)) != -1:
        return stretch.part(at, at + len(wanted))
    bare = stretch.bare()
    return bare if bare.start < bare.end else stretch
