"""Values of multiple choices: a list of options, in JSON or with marks between them, or a flag for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tandem.events.schema import MultipleChoiceTask
from tandem.labeling.extraction.forms.flags import flagged, flags_in, is_denied_beside
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers, unbulleted, without_remark
from tandem.labeling.extraction.kinds.choices import SCALARS, place_in, says_none, spelled_at
from tandem.labeling.extraction.kinds.options import OptionMatch, OptionTable
from tandem.labeling.extraction.outcome import (
    ambiguous,
    generic_member,
    is_turned,
    loosened,
    not_in_schema,
    out_of_range,
    quoted,
)
from tandem.labeling.reading import Place, Reading, Rule, Unreadable
from tandem.labeling.values import canonical, problem_with

_SEPARATORS = re.compile(
    r"(?:[,;|\n\u3001\uff0c\uff1b]|\s/\s|\s&\s|\s\+\s|(?<!\w)(?:and|und|et|y|e)(?!\w))", re.IGNORECASE
)
MOST_PIECES = 1000


class MultipleChoiceReader:
    """Reads multiple choices; every given label must be an option, since a list with an unknown label is ambiguous."""

    def __init__(self, task: MultipleChoiceTask) -> None:
        self._task = task
        self._table = OptionTable(task.options)
        spellings = [text for option in task.options for text in (option.value, option.name, *option.aliases)]
        self._longest_run = max(len(_pieces(Stretch.whole(text))) for text in spellings)

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is JsonTokenKind.LIST:
            return self._from_list(node)
        if node.kind is JsonTokenKind.OBJECT:
            if (inner := generic_member(node)) is not None:
                return loosened(self.in_json(inner, fields), Rule.NORMALIZED)
            return self._from_flags(node)
        if node.kind is JsonTokenKind.NULL:
            return self._reading([], Rule.NORMALIZED, in_json=True)
        if (match := self._table.spelled(node.text)) is not None:
            return self._reading([(match, node.place)], Rule.NORMALIZED, in_json=True)
        return self._from_pieces(node.text, None, in_json=True)

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:  # noqa: ARG002 - as spans do
        tried = layers(stretch)
        for layer in tried:
            if (match := self._table.spelled(layer.text)) is not None:
                rule = match.rule if layer == stretch else Rule.NORMALIZED
                return self._reading([(match, spelled_at(layer, match).place)], rule)
        if (flags := self._from_flagged(stretch)) is not None:
            return flags
        found: Reading | Unreadable = self._reading([], Rule.NORMALIZED)
        for layer in tried:
            if says_none(layer.text):
                return self._reading([], Rule.NORMALIZED)
            found = self._from_pieces(layer.text, layer)
            if isinstance(found, Reading):
                break
        return found

    def mistyped(self, stretch: Stretch) -> Reading | Unreadable | None:
        found: list[tuple[OptionMatch, Place | None]] = []
        pieces = [layers(unbulleted(piece))[-1] for piece in _pieces(stretch) if piece.start < piece.end]
        for piece in pieces[: len(self._table.values) + 1]:
            match = self._table.spelled(piece.text) or self._table.like(piece.text)
            if match is None:
                return None
            found.append((match, piece.place))
        return self._reading(found, Rule.NORMALIZED) if 0 < len(pieces) <= len(self._table.values) else None

    def _from_list(self, node: Node) -> Reading | Unreadable:
        found: list[tuple[OptionMatch, Place | None]] = []
        for item in node.items:
            label = self._label_of(item)
            match = self._spelled(label.text) if label.kind in SCALARS else None
            if match is None:
                if len(node.items) == 1 and says_none(label.text):
                    return self._reading([], Rule.NORMALIZED, in_json=True)
                return self._none_of(label.text)
            found.append((match, place_in(label, match)))
        return self._reading(found, Rule.STRUCTURED, in_json=True)

    def _label_of(self, item: Node) -> Node:
        """Return what gives the label of a list's item: itself, or the only member of an object that spells one.

        An object that denies it in another member (`"mentioned": false`) gives none.
        """
        if item.kind is not JsonTokenKind.OBJECT or is_turned(item):
            return item
        spelled = [
            value for _, value in item.members if value.kind in SCALARS and self._spelled(value.text) is not None
        ]
        label = generic_member(item) or (spelled[0] if len(spelled) == 1 else None)
        return item if label is None or is_denied_beside(item, label) else label

    def _from_flags(self, node: Node) -> Reading | Unreadable:
        """Read `{"label": true, "other": false}`: what is true is chosen; no label's text stands for it alone."""
        flags = [(self._table.spelled(key), flag) for key, flag in flags_in(node) or ()]
        if (not flags and node.members) or any(match is None for match, _ in flags):
            return not_in_schema(f"{self._task.name!r} wants a list of {self._table.named()}")
        return self._reading(
            [(match, None) for match, flag in flags if match is not None and flag], Rule.NORMALIZED, in_json=True
        )

    def _from_flagged(self, stretch: Stretch) -> Reading | Unreadable | None:
        """Read labels with a yes or no each; None where the text is none. All that are denied say nothing of the
        others."""
        found = [(layers(label), flag) for label, flag in flagged(stretch) or ()]
        matches = [
            (next((match for layer in tried if (match := self._table.spelled(layer.text))), None), tried[-1], flag)
            for tried, flag in found
        ]
        if not matches or any(match is None for match, _, _ in matches):
            return None
        if not any(flag for _, _, flag in matches) and len(matches) < len(self._table.values):
            return None
        chosen = [(match, spelled_at(at, match).place) for match, at, flag in matches if match is not None and flag]
        return self._reading(chosen, Rule.NORMALIZED)

    def _spelled(self, text: str) -> OptionMatch | None:
        """Return the options that the text spells, ignoring a remark in brackets or a picture behind it."""
        if (match := self._table.spelled(text)) is not None or (plain := without_remark(text)) == text:
            return match
        match = self._table.spelled(plain)
        return None if match is None else OptionMatch(match.values, match.rule.or_looser(Rule.NORMALIZED))

    def _from_pieces(self, text: str, where: Stretch | None, *, in_json: bool = False) -> Reading | Unreadable:
        """Read labels with separators between them. `where`: the place of the text; None when it stands nowhere as it
        is."""
        if in_json and says_none(text):
            return self._reading([], Rule.NORMALIZED, in_json=True)
        whole = Stretch.whole(text)
        pieces = [piece for piece in _pieces(whole) if piece.start < piece.end]
        if len(pieces) > MOST_PIECES:
            return self._none_of(text)
        found: list[tuple[OptionMatch, Place | None]] = []
        at = 0
        while at < len(pieces):
            matched = self._longest(whole, pieces, at)
            if matched is None:
                return self._none_of(pieces[at].text)
            match, place, at = matched
            offset = None if where is None else where.start
            found.append((match, None if offset is None else (place[0] + offset, place[1] + offset)))
        if not found:
            return self._none_of(text)
        return self._reading(found, Rule.NORMALIZED, in_json=in_json)

    def _longest(self, whole: Stretch, pieces: Sequence[Stretch], at: int) -> tuple[OptionMatch, Place, int] | None:
        """Return the longest run of pieces that spells an option: labels may hold what else separates them."""
        for last in range(min(len(pieces), at + self._longest_run) - 1, at - 1, -1):
            for layer in layers(unbulleted(Stretch(whole.answer, pieces[at].start, pieces[last].end))):
                if (match := self._spelled(layer.text)) is not None:
                    return match, spelled_at(layer, match).place, last + 1
        return None

    def _reading(
        self, found: Iterable[tuple[OptionMatch, Place | None]], rule: Rule, *, in_json: bool = False
    ) -> Reading | Unreadable:
        places: dict[str, Place | None] = {}
        for match, place in found:
            if (value := match.only) is None:
                return ambiguous(match.values)
            places.setdefault(value, place)
            if match.rule is not Rule.EXACT:
                rule = rule.or_looser(match.rule)
        chosen = canonical(self._task, tuple(places))
        if (problem := problem_with(self._task, chosen)) is not None:
            return out_of_range(f"{self._task.name!r}: {problem}")
        values = [str(value) for value in chosen] if isinstance(chosen, tuple) else []
        return Reading(chosen, rule, tuple(places[value] for value in values), in_json=in_json)

    def _none_of(self, text: str) -> Unreadable:
        return not_in_schema(f"{quoted(text)} is not a label of {self._task.name!r}: {self._table.named()}")


def _pieces(stretch: Stretch) -> list[Stretch]:
    found = []
    at = 0
    text = stretch.text
    for separator in _SEPARATORS.finditer(text):
        found.append(stretch.part(at, separator.start()).stripped())
        at = separator.end()
    found.append(stretch.part(at, len(text)).stripped())
    return found
