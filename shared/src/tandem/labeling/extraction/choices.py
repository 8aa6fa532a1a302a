"""Values of choices: one option, or a list of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tandem.events.schema import MultipleChoiceTask, SingleChoiceTask
from tandem.labeling.extraction.flags import flagged, flags_in, is_denied_beside
from tandem.labeling.extraction.located_json import Kind, Node
from tandem.labeling.extraction.options import Match, OptionTable
from tandem.labeling.extraction.outcome import (
    ambiguous,
    generic_member,
    is_turned,
    loosened,
    not_in_schema,
    out_of_range,
    quoted,
)
from tandem.labeling.extraction.stretch import Stretch
from tandem.labeling.extraction.wrapping import layers, denies, unbulleted, without_remark
from tandem.labeling.normalization import fold, normalize
from tandem.labeling.reading import Place, Reading, Rule, Unreadable
from tandem.labeling.values import canonical, problem_with

NONE = frozenset(
    {
        "none", "[]", "{}", "n/a", "na", "nothing", "empty", "no label", "no labels", "none of the above",
        "none of these", "none of them", "none apply", "none applies", "not applicable", "no entities",
        "no entities found", "no spans", "no entity", "no matches", "null", "(none)", "keine", "aucun", "aucune",
        "ninguno", "ninguna", "nessuno", "nenhum", "\u65e0", "\u306a\u3057", "\u043d\u0435\u0442",
    }
)  # fmt: skip
"""How models say that there is nothing."""

_THERE_IS_NONE = re.compile(
    r"(?:there (?:are|is|were) )?no (?:named |relevant |such |matching |applicable )*"
    r"(?:entit(?:y|ies)|spans?|labels?|mentions?|topics?|names?|categor(?:y|ies)|tags?)"
    r"(?: (?:(?:were|are|was|is|to be) )?(?:found|present|mentioned|detected|identified|apply|applies|here))?"
    r"(?: in (?:the|this) \w+)?|"
    r"none of (?:the|these|those) (?:above |given |listed )?\w+ (?:(?:are|is|were|was) (?:mentioned|present|discussed)|apply|applies|fits?)"
    r"(?: in (?:the|this) \w+)?"
)
_SEPARATORS = re.compile(
    r"(?:[,;|\n\u3001\uff0c\uff1b]|\s/\s|\s&\s|\s\+\s|(?<!\w)(?:and|und|et|y|e)(?!\w))", re.IGNORECASE
)
_EXPLAINED = re.compile(
    r"(?P<bold>\*\*|__)?(?P<label>[^*_:\n]{1,200}?)(?:\s*:?(?P=bold))?\s*(?:[:\uff1a]|\s[-\u2013\u2014])\s*(?P<why>\S[^\n]*)"
)
_CALLED = re.compile(
    r"[\s*_\"'(]*(?:option|choice)\s+(?:(?P<number>\d{1,2}|[A-Za-z])\s*[:.)\u2013-]\s*)?(?=\S)", re.IGNORECASE
)
"""What a label is called before it: `Option B`, `Option 2: negative`."""
MOST_PIECES = 1000
_SCALARS = (Kind.STRING, Kind.NUMBER, Kind.BOOLEAN)


def says_none(text: str) -> bool:
    normal = normalize(text)
    return normal in NONE or fold(text) in NONE or _THERE_IS_NONE.fullmatch(normal) is not None


class SingleChoiceReader:
    def __init__(self, task: SingleChoiceTask) -> None:
        self._task = task
        self._table = OptionTable(task.options)

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is Kind.LIST and len(node.items) == 1:
            return loosened(self.in_json(node.items[0], fields), Rule.NORMALIZED)
        if node.kind is Kind.OBJECT and (inner := generic_member(node)) is not None:
            return loosened(self.in_json(inner, fields), Rule.NORMALIZED)
        if node.kind is Kind.OBJECT and (match := self._flagged(node)) is not None:
            return loosened(self._reading(match, node.place), Rule.NORMALIZED)
        if node.kind not in _SCALARS:
            return not_in_schema(f"{self._task.name!r} wants one of {self._table.named()}")
        if (match := self._table.spelled(node.text)) is not None:
            return self._reading(match, _place_in(node, match), in_json=True)
        return self._none_of(node.text)

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:  # noqa: ARG002 - as spans do
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

    def _flagged(self, node: Node) -> Match | None:
        """`{"label": true, "other": false}`: the options that are true, where each option has its flag."""
        flags = [(self._table.spelled(key), flag) for key, flag in flags_in(node) or ()]
        if {match.only for match, _ in flags if match is not None} != set(self._table.values):
            return None
        chosen = {match.only for match, flag in flags if match is not None and flag}
        return Match(frozenset(value for value in chosen if value is not None), Rule.NORMALIZED) if chosen else None

    def _reading(self, match: Match, place: Place, *, in_json: bool = False) -> Reading | Unreadable:
        if (value := match.only) is None:
            return ambiguous(match.values)
        rule = Rule.STRUCTURED if in_json and match.rule is Rule.EXACT else match.rule
        return Reading(value, rule, (place,), in_json=in_json)

    def _none_of(self, text: str) -> Unreadable:
        return not_in_schema(f"{quoted(text)} is none of the labels of {self._task.name!r}: {self._table.named()}")


class MultipleChoiceReader:
    """Every label that is given must be an option: a list with a stranger in it may mean anything by it."""

    def __init__(self, task: MultipleChoiceTask) -> None:
        self._task = task
        self._table = OptionTable(task.options)
        spellings = [text for option in task.options for text in (option.value, option.name, *option.aliases)]
        self._longest_run = max(len(_pieces(Stretch.whole(text))) for text in spellings)

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is Kind.LIST:
            return self._from_list(node)
        if node.kind is Kind.OBJECT:
            if (inner := generic_member(node)) is not None:
                return loosened(self.in_json(inner, fields), Rule.NORMALIZED)
            return self._from_flags(node)
        if node.kind is Kind.NULL:
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
        if (flags := self._from_flagged(stretch) or self._from_explained(stretch)) is not None:
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
        found: list[tuple[Match, Place | None]] = []
        pieces = [layers(unbulleted(piece))[-1] for piece in _pieces(stretch) if piece.start < piece.end]
        for piece in pieces[: len(self._table.values) + 1]:
            match = self._table.spelled(piece.text) or self._table.like(piece.text)
            if match is None:
                return None
            found.append((match, piece.place))
        return self._reading(found, Rule.NORMALIZED) if 0 < len(pieces) <= len(self._table.values) else None

    def _from_list(self, node: Node) -> Reading | Unreadable:
        found: list[tuple[Match, Place | None]] = []
        for item in node.items:
            label = self._label_of(item)
            match = self._spelled(label.text) if label.kind in _SCALARS else None
            if match is None:
                if len(node.items) == 1 and says_none(label.text):
                    return self._reading([], Rule.NORMALIZED, in_json=True)
                return self._none_of(label.text)
            found.append((match, _place_in(label, match)))
        return self._reading(found, Rule.STRUCTURED, in_json=True)

    def _label_of(self, item: Node) -> Node:
        """What gives the label of a list's item: itself, or the only member of an object that spells one.

        An object that denies it in another member (`"mentioned": false`) gives none.
        """
        if item.kind is not Kind.OBJECT or is_turned(item):
            return item
        spelled = [
            value for _, value in item.members if value.kind in _SCALARS and self._spelled(value.text) is not None
        ]
        label = generic_member(item) or (spelled[0] if len(spelled) == 1 else None)
        return item if label is None or is_denied_beside(item, label) else label

    def _from_flags(self, node: Node) -> Reading | Unreadable:
        """`{"label": true, "other": false}`: what is true is chosen; no label's text stands for it alone."""
        flags = [(self._table.spelled(key), flag) for key, flag in flags_in(node) or ()]
        if (not flags and node.members) or any(match is None for match, _ in flags):
            return not_in_schema(f"{self._task.name!r} wants a list of {self._table.named()}")
        return self._reading(
            [(match, None) for match, flag in flags if match is not None and flag], Rule.NORMALIZED, in_json=True
        )

    def _from_flagged(self, stretch: Stretch) -> Reading | Unreadable | None:
        """Labels with a yes or no each; None where the text is none. All that are denied say nothing of the others."""
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

    def _from_explained(self, stretch: Stretch) -> Reading | None:
        """A list of labels with an explanation behind each that denies and doubts nothing."""
        found: list[tuple[Match, Place | None]] = []
        for line in stretch.lines():
            item = unbulleted(line)
            explained = _EXPLAINED.fullmatch(item.text)
            if explained is None or not (explained["bold"] or item != line) or denies(explained["why"]):
                return None
            label = item.part(*explained.span("label"))
            if (match := self._table.spelled(label.text)) is None:
                return None
            found.append((match, spelled_at(label, match).place))
        reading = self._reading(found, Rule.NORMALIZED) if found else None
        return reading if isinstance(reading, Reading) else None

    def _spelled(self, text: str) -> Match | None:
        """The options that the text spells, a remark in brackets or a picture behind it aside."""
        if (match := self._table.spelled(text)) is not None or (plain := without_remark(text)) == text:
            return match
        match = self._table.spelled(plain)
        return None if match is None else Match(match.values, match.rule.or_looser(Rule.NORMALIZED))

    def _from_pieces(self, text: str, where: Stretch | None, *, in_json: bool = False) -> Reading | Unreadable:
        """From labels with separators between them. `where` the text stands; None when it stands nowhere as it is."""
        if in_json and says_none(text):
            return self._reading([], Rule.NORMALIZED, in_json=True)
        whole = Stretch.whole(text)
        pieces = [piece for piece in _pieces(whole) if piece.start < piece.end]
        if len(pieces) > MOST_PIECES:
            return self._none_of(text)
        found: list[tuple[Match, Place | None]] = []
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

    def _longest(self, whole: Stretch, pieces: Sequence[Stretch], at: int) -> tuple[Match, Place, int] | None:
        """The longest run of pieces that spells an option: labels may hold what else separates them."""
        for last in range(min(len(pieces), at + self._longest_run) - 1, at - 1, -1):
            for layer in layers(unbulleted(Stretch(whole.answer, pieces[at].start, pieces[last].end))):
                if (match := self._spelled(layer.text)) is not None:
                    return match, spelled_at(layer, match).place, last + 1
        return None

    def _reading(
        self, found: Iterable[tuple[Match, Place | None]], rule: Rule, *, in_json: bool = False
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
        return not_in_schema(f"{quoted(text)} is none of the labels of {self._task.name!r}: {self._table.named()}")


def _place_in(node: Node, match: Match) -> Place:
    """Where in the string the option stands; all of it where it is escaped."""
    if match.rule is Rule.EXACT or not node.is_verbatim:
        return node.place
    inner = spelled_at(Stretch.whole(node.text), match)
    return (node.place[0] + inner.start, node.place[0] + inner.end)


def spelled_at(stretch: Stretch, match: Match) -> Stretch:
    """Where within the stretch the option stands: all of it as spelled, else without the marks around it."""
    value = match.only
    if value is None:
        return stretch
    text, wanted = stretch.text.casefold(), value.casefold()
    if len(text) == len(stretch.text) and (at := text.find(wanted)) != -1:
        return stretch.part(at, at + len(wanted))
    bare = stretch.bare()
    return bare if bare.start < bare.end else stretch


def _pieces(stretch: Stretch) -> list[Stretch]:
    found = []
    at = 0
    text = stretch.text
    for separator in _SEPARATORS.finditer(text):
        found.append(stretch.part(at, separator.start()).stripped())
        at = separator.end()
    found.append(stretch.part(at, len(text)).stripped())
    return found
