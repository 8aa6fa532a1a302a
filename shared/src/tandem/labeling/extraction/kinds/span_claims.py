"""The claims of an answer on single spans, before they are looked up in the record's text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tandem.events.schema import SpanTask
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.wrapping import GENERIC_NAMES
from tandem.labeling.extraction.kinds.options import OptionMatch, OptionTable, separated
from tandem.labeling.extraction.outcome import ambiguous, is_turned, not_in_schema, quoted
from tandem.labeling.reading import Place, Rule, Unreadable

TEXT_KEYS = ("text", "quote", "span", "mention", "phrase", "word", "words", "surface", "surface form", "string",
             "token", "entity text", "span text", "entity", "value", "name")  # fmt: skip
LABEL_KEYS = ("label", "type", "category", "tag", "class", "entity type", "entity label", "span label", "entity group",
              "entity")  # fmt: skip
START_KEYS = ("start", "begin", "start char", "start offset", "start index", "start pos", "from")
END_KEYS = ("end", "stop", "end char", "end offset", "end index", "end pos", "to")
PAIR_KEYS = ("span", "offsets", "offset", "position", "range", "indices", "char span")
_LIST_KEYS = frozenset({"spans", "entities", "items", "annotations", "mentions", "results", "data"})


@dataclass(frozen=True, slots=True)
class SpanClaim:
    """Claim that `quote` is labeled; at most one of the other fields says which of its places is meant."""

    quote: str | None
    label: str
    place: Place | None
    """Place of the label in the answer."""
    rule: Rule
    start: int | None = None
    end: int | None = None
    occurrence: int | None = None
    context: str = ""
    before: str = ""
    after: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_anywhere(self) -> bool:
        return self.start is None and self.occurrence is None and not (self.context or self.before or self.after)


class JsonClaims:
    """Reads the claims from JSON."""

    def __init__(self, task: SpanTask) -> None:
        self._task = task
        self._labels = OptionTable(task.options)
        self._only = self._labels.spelled(task.options[0].value) if len(task.options) == 1 else None
        """The label of spans that are given without one, where there is only one."""
        self._attributes = {
            separated(attribute.name): (attribute.name, OptionTable(attribute.options)) for attribute in task.attributes
        }

    def read(self, node: Node) -> list[SpanClaim] | Unreadable:
        if node.kind is JsonTokenKind.NULL:
            return []
        if node.kind is JsonTokenKind.LIST:
            return self._all(self._item(item) for item in node.items)
        if node.kind is not JsonTokenKind.OBJECT:
            return not_in_schema(f"{self._task.name!r} wants a list of spans")
        members = _by_key(node)
        if _first(members, TEXT_KEYS) is not None and _first(members, LABEL_KEYS) is not None:
            return self._all([self._item(node)])
        if len(node.members) == 1 and members.keys() <= _LIST_KEYS | GENERIC_NAMES:
            return self.read(node.members[0][1])
        return self._from_mapping(node)

    def _from_mapping(self, node: Node) -> list[SpanClaim] | Unreadable:
        """Read `{"PERSON": ["Ada"], "PLACE": []}`, or `{"Ada": "PERSON"}`."""
        claims: list[SpanClaim | Unreadable] = []
        for key, value in node.members:
            label = self._labels.spelled(key)
            if label is not None:
                quotes = (
                    value.items
                    if value.kind is JsonTokenKind.LIST
                    else ()
                    if value.kind is JsonTokenKind.NULL
                    else (value,)
                )
                claims.extend(self._quote_under(label, quote) for quote in quotes)
            elif value.kind is JsonTokenKind.STRING and (label := self._labels.spelled(value.text)) is not None:
                claims.append(self._claim(key, label, value.place, Rule.NORMALIZED))
            else:
                return self._no_label(key)
        return self._all(claims)

    def _quote_under(self, label: OptionMatch, quote: Node) -> SpanClaim | Unreadable:
        if quote.kind is JsonTokenKind.OBJECT:
            quote = _first(_by_key(quote), TEXT_KEYS) or quote
        if quote.kind not in (JsonTokenKind.STRING, JsonTokenKind.NUMBER):
            return not_in_schema(f"{self._task.name!r}: a span has no text")
        return self._claim(quote.text, label, None, Rule.NORMALIZED)

    def _item(self, node: Node) -> SpanClaim | Unreadable:  # noqa: PLR0911 - a form a return
        if node.kind is JsonTokenKind.STRING and self._only is not None:
            return self._claim(node.text, self._only, None, Rule.NORMALIZED)
        if node.kind is JsonTokenKind.LIST and len(node.items) == 3:
            return self._triple(node)
        if node.kind is JsonTokenKind.LIST and len(node.items) == 2:
            quote, second = node.items
            label = self._labels.spelled(second.text)
            return (
                self._no_label(second.text)
                if label is None
                else self._claim(quote.text, label, second.place, Rule.NORMALIZED)
            )
        if is_turned(node):
            return ambiguous([])
        members = _by_key(node)
        said = _first(members, LABEL_KEYS)
        if said is None and self._only is not None and node.kind is JsonTokenKind.OBJECT:
            said = Node(JsonTokenKind.STRING, self._only.only or "", node.place)
        if said is None or said.kind not in (JsonTokenKind.STRING, JsonTokenKind.NUMBER, JsonTokenKind.BOOLEAN):
            return not_in_schema(f"{self._task.name!r}: a span has no label")
        if (label := self._labels.spelled(said.text)) is None:
            return self._no_label(said.text)
        text = _first(members, tuple(key for key in TEXT_KEYS if members.get(key) is not said))
        text = text if text is not None and text.kind in (JsonTokenKind.STRING, JsonTokenKind.NUMBER) else None
        start, end = self._offsets(members)
        occurrence = _first(members, ("occurrence", "nth", "instance", "index"))
        attributes = self._attributes_of(members)
        if isinstance(attributes, Unreadable):
            return attributes
        if text is None and (start is None or end is None):
            return not_in_schema(f"{self._task.name!r}: a span has neither text nor offsets")
        return self._claim(
            text.text if text is not None else None,
            label,
            said.place,
            Rule.STRUCTURED,
            start=start if end is not None else None,
            end=end if start is not None else None,
            occurrence=self._number(occurrence) or None,
            context=self._text(members, ("context", "sentence")),
            before=self._text(members, ("before", "left", "prefix")),
            after=self._text(members, ("after", "right", "suffix")),
            attributes=attributes,
        )

    def _offsets(self, members: Mapping[str, Node]) -> tuple[int | None, int | None]:
        """Return start and end: each under its key, as a pair, or as an offset with a length."""
        start, end = (self._number(_first(members, keys)) for keys in (START_KEYS, END_KEYS))
        pair = _first(members, PAIR_KEYS)
        if (
            start is None
            and end is None
            and pair is not None
            and pair.kind is JsonTokenKind.LIST
            and len(pair.items) == 2
        ):
            return self._number(pair.items[0]), self._number(pair.items[1])
        start = self._number(members.get("offset")) if start is None else start
        length = self._number(members.get("length"))
        if start is not None and end is None and length is not None:
            end = start + length
        return start, end

    def _triple(self, node: Node) -> SpanClaim | Unreadable:
        """Read `[41, 44, "ORG"]`, as libraries write spans."""
        numbers = [self._number(item) for item in node.items if item.kind is JsonTokenKind.NUMBER]
        labels = [item for item in node.items if item.kind is JsonTokenKind.STRING]
        label = self._labels.spelled(labels[0].text) if len(labels) == 1 else None
        if label is None or len(numbers) != 2 or None in numbers:
            return not_in_schema(f"{self._task.name!r}: a span has no label")
        return self._claim(None, label, labels[0].place, Rule.NORMALIZED, start=numbers[0], end=numbers[1])

    def _attributes_of(self, members: Mapping[str, Node]) -> dict[str, str] | Unreadable:
        found: dict[str, str] = {}
        if not self._attributes:
            return found
        nested = members.get("attributes")
        for key, value in (*members.items(), *(_by_key(nested).items() if nested is not None else ())):
            name, table = self._attributes.get(key, ("", None))
            if table is None or value.kind is JsonTokenKind.NULL or not value.text.strip():
                continue
            match = table.spelled(value.text)
            if match is None or match.only is None:
                return not_in_schema(
                    f"{self._task.name!r}: {quoted(value.text)} is no value of {name!r}: {table.named()}"
                )
            found[name] = match.only
        return found

    def _claim(
        self, quote: str | None, label: OptionMatch, place: Place | None, rule: Rule, **selectors: object
    ) -> SpanClaim | Unreadable:
        if label.only is None:
            return ambiguous(label.values)
        rule = rule if label.rule is Rule.EXACT else rule.or_looser(label.rule)
        return SpanClaim(quote, label.only, place, rule, **selectors)  # type: ignore[arg-type] # the fields of Claim

    def _no_label(self, text: str) -> Unreadable:
        return not_in_schema(f"{quoted(text)} is not a label of {self._task.name!r}: {self._labels.named()}")

    @staticmethod
    def _all(claims: Iterable[SpanClaim | Unreadable]) -> list[SpanClaim] | Unreadable:
        """Return all claims, or why one cannot be read: a list with any other item is no list of spans."""
        good: list[SpanClaim] = []
        for claim in claims:
            if isinstance(claim, Unreadable):
                return claim
            good.append(claim)
        return good

    @staticmethod
    def _number(node: Node | None) -> int | None:
        if node is None:
            return None
        digits = node.text.strip().rstrip("stndrh")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None

    @staticmethod
    def _text(members: Mapping[str, Node], keys: tuple[str, ...]) -> str:
        found = _first(members, keys)
        return found.text.strip() if found is not None and found.kind is JsonTokenKind.STRING else ""


def _by_key(node: Node) -> dict[str, Node]:
    """Return the members by their keys' normal form; of equal ones the first."""
    return {separated(key): value for key, value in reversed(node.members)}


def _first(members: Mapping[str, Node], keys: tuple[str, ...]) -> Node | None:
    """Return the member under the first of these keys that is there."""
    return next((members[key] for key in keys if key in members), None)
