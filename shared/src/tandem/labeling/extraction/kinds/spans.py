"""The values of span tasks: what the answer says of spans, looked up in the record's text.

One claim that does not hold makes the whole answer unreadable: what is left would say that there are no other spans.
A quote that stands more than once labels each of its places, unless the answer says which one it means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from tandem.events.outcomes import Span
from tandem.events.schema import SpanTask
from tandem.labeling.asked_bounds import SPAN_CHARACTERS, SPANS_ASKED
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.marked_record import marked
from tandem.labeling.extraction.forms.span_lines import LineClaims
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers
from tandem.labeling.extraction.kinds.choices import says_none
from tandem.labeling.extraction.kinds.options import OptionTable
from tandem.labeling.extraction.kinds.quotes import MOST_PLACES, Occurrences, SearchedText, TooManyPlacesError, within
from tandem.labeling.extraction.kinds.span_claims import JsonClaims, SpanClaim
from tandem.labeling.extraction.outcome import not_in_schema, out_of_range, quoted
from tandem.labeling.reading import Place, Reading, Rule, Unreadable, UnreadableReason
from tandem.labeling.values import canonical, key_of, problem_with, span_field

MOST_SPANS = 1000


class SpanReader:
    def __init__(self, task: SpanTask) -> None:
        self._task = task
        self._json = JsonClaims(task)
        self._lines = LineClaims(task)
        self._labels = OptionTable(task.options)

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is JsonTokenKind.STRING:
            found = self.in_text(Stretch.whole(node.text), fields)
            if isinstance(found, Unreadable):
                return found
            rule = Rule.NORMALIZED.or_looser(found.rule)
            return Reading(found.value, rule, (None,) * len(found.places), in_json=True)
        claims = self._json.read(node)
        if isinstance(claims, Unreadable):
            return claims
        if len(claims) > MOST_SPANS:
            return out_of_range(f"{self._task.name!r}: more than {MOST_SPANS} spans")
        if (ended := ended_by_a_bound(claims)) is not None:
            return out_of_range(f"{self._task.name!r}: {ended}")
        return self.located(
            claims, fields, Rule.NORMALIZED if node.kind is JsonTokenKind.NULL else Rule.STRUCTURED, in_json=True
        )

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:  # noqa: PLR0911 - a way to decline a return
        text = self._text(fields)
        if isinstance(text, Unreadable):
            return text
        if any(says_none(layer.text) for layer in layers(stretch)):
            return self.located([], fields, Rule.NORMALIZED)
        if (found := marked(stretch, text, self._labels)) is not None:
            return self.located(found, fields, Rule.NORMALIZED)
        searched = SearchedText(text, most_places=MOST_PLACES)
        try:
            claims = self._lines.read(stretch, lambda quote: bool(searched.occurrences(quote).places))
        except TooManyPlacesError:
            return self._too_many_places()
        if isinstance(claims, Unreadable):
            return claims
        if not claims:
            return not_in_schema(f"{self._task.name!r}: the answer names no span and does not say that there are none")
        return self.located(claims, fields, Rule.EXACT)

    def mistyped(self, stretch: Stretch) -> None:
        """Return None: no span is read by likeness."""

    def _text(self, fields: Mapping[str, str]) -> str | Unreadable:
        name = span_field(self._task, fields)
        if name is None:
            wanted = "one field" if self._task.field is None else f"the field {self._task.field!r}"
            return Unreadable(UnreadableReason.NOT_IN_TEXT, f"{self._task.name!r}: the record does not have {wanted}")
        return fields[name]

    def located(  # noqa: PLR0911 - a way to decline a return
        self, claims: Sequence[SpanClaim], fields: Mapping[str, str], rule: Rule, *, in_json: bool = False
    ) -> Reading | Unreadable:
        """Return the spans that these claims make of the record's text."""
        text = self._text(fields)
        if isinstance(text, Unreadable):
            return text
        try:
            found = self._found(claims, SearchedText(text, most_places=MOST_PLACES), rule)
        except TooManyPlacesError:
            return self._too_many_places()
        if isinstance(found, Unreadable):
            return found
        where, rule = found
        if not self._task.attributes and (apart := _apart(claims, where)) is not None:
            return self._reading(apart, text, fields, rule, in_json=in_json)
        chosen = _nested_left_out(claims, _in_turn(claims, where))
        if isinstance(chosen, Unreadable):
            return chosen
        places: dict[Hashable, Place | None] = {}
        spans: list[Span] = []
        field = span_field(self._task, fields) or ""
        for claim, stands in zip(claims, chosen, strict=True):
            for place in stands:
                span = _span(field, text, place, claim)
                places.setdefault(key_of((span,)), claim.place)
                spans.append(span)
                if len(spans) > MOST_SPANS:
                    return out_of_range(f"{self._task.name!r}: more than {MOST_SPANS} spans")
        value = canonical(self._task, tuple(spans))
        if (problem := problem_with(self._task, value, fields)) is not None:
            return out_of_range(f"{self._task.name!r}: {problem}")
        kept = [part for part in value if isinstance(part, Span)] if isinstance(value, tuple) else []
        return Reading(value, rule, tuple(places[key_of((span,))] for span in kept), in_json=in_json)

    def _found(
        self, claims: Sequence[SpanClaim], searched: SearchedText, rule: Rule
    ) -> tuple[list[Occurrences], Rule] | Unreadable:
        """Return where each claim's quote stands, and the loosest rule that was needed for it."""
        where: list[Occurrences] = []
        for claim in claims:
            found = self._places(claim, searched)
            if isinstance(found, Unreadable):
                return found
            where.append(found)
            rule = rule.or_looser(claim.rule) if claim.rule not in (Rule.STRUCTURED, Rule.EXACT) else rule
            rule = rule.or_looser(found.rule) if found.rule is not Rule.EXACT else rule
        return where, rule

    def _reading(
        self,
        apart: Sequence[tuple[Place, SpanClaim]],
        text: str,
        fields: Mapping[str, str],
        rule: Rule,
        *,
        in_json: bool,
    ) -> Reading:
        """Return the reading of spans that do not overlap, are in their order, and have nothing wrong with them."""
        field = span_field(self._task, fields) or ""
        spans = tuple([_span(field, text, place, claim) for place, claim in apart])
        return Reading(spans, rule, tuple([claim.place for _, claim in apart]), in_json=in_json)

    def _places(self, claim: SpanClaim, searched: SearchedText) -> Occurrences | Unreadable:  # noqa: PLR0911 - a way to tell it a return
        if claim.quote is None:
            place = (claim.start or 0, claim.end or 0)
            if searched.is_of_words(*place):
                return Occurrences((place,), Rule.EXACT)
            return self._nowhere(f"[{place[0]}, {place[1]}) is no stretch of whole words of the text")
        found = searched.occurrences(claim.quote)
        if not found.places:
            return self._nowhere(f"{quoted(claim.quote)} does not occur in the text")
        if claim.start is not None:
            return self._by_offsets(claim, found, searched)
        if claim.occurrence is not None:
            if claim.occurrence > len(found.places):
                return self._nowhere(f"{quoted(claim.quote)} occurs {len(found.places)} times only")
            return Occurrences((found.places[claim.occurrence - 1],), found.rule)
        if claim.context or claim.before or claim.after:
            return self._by_context(claim, found, searched)
        return found

    def _by_offsets(self, claim: SpanClaim, found: Occurrences, searched: SearchedText) -> Occurrences | Unreadable:
        """Choose among the quote's places by the claim's offsets. Models count badly: where there is one place, the
        quote decides."""
        place = (claim.start or 0, claim.end or 0)
        if place in found.everywhere:
            return Occurrences((place,), found.rule)
        if searched.is_whole(*place) and searched.text[slice(*place)] == claim.quote:
            return Occurrences((place,), Rule.EXACT)
        if len(found.places) == 1:
            return Occurrences(found.places, Rule.NORMALIZED)
        elsewhere = f"but {len(found.places)} times elsewhere"
        detail = f"{quoted(claim.quote or '')} does not stand at [{place[0]}, {place[1]}), {elsewhere}"
        return Unreadable(UnreadableReason.AMBIGUOUS, f"{self._task.name!r}: {detail}")

    def _by_context(self, claim: SpanClaim, found: Occurrences, searched: SearchedText) -> Occurrences | Unreadable:
        places = found.everywhere
        searched.weigh(len(places))
        if claim.context:
            around = searched.occurrences(claim.context.strip("\u2026. ")).everywhere
            places = within(places, around)
        if claim.before or claim.after:
            places = tuple(place for place in places if searched.stands_between(place, claim.before, claim.after))
        if places:
            return Occurrences(places, found.rule)
        if len(found.places) == 1:
            return Occurrences(found.places, Rule.NORMALIZED)
        return self._nowhere(f"{quoted(claim.quote or '')} does not occur in the context that is given for it")

    def _too_many_places(self) -> Unreadable:
        return out_of_range(f"{self._task.name!r}: the quotes stand in more than {MOST_PLACES:,} places")

    def _nowhere(self, detail: str) -> Unreadable:
        return Unreadable(UnreadableReason.NOT_IN_TEXT, f"{self._task.name!r}: {detail}")


def ended_by_a_bound(claims: Sequence[SpanClaim]) -> str | None:
    """Say why a list is not whole: it, or a text in it, is exactly as long as the grammar allows (`answer_format`).

    A list that says the same again and again was ended as well, but nothing of it is lost.
    """
    if (
        len(claims) == SPANS_ASKED + 1
        and len({(each.quote, each.label, each.context) for each in claims}) > SPANS_ASKED
    ):
        return f"the list was ended at {len(claims)} spans, more than can be asked for"
    if any(each.quote is not None and len(each.quote) == SPAN_CHARACTERS + 1 for each in claims):
        return f"a span was ended at {SPAN_CHARACTERS + 1:,} characters, more than can be asked for"
    return None


def _span(field: str, text: str, place: Place, claim: SpanClaim) -> Span:
    start, end = place
    return Span(
        field=field, start=start, end=end, text=text[start:end], label=claim.label, attributes=dict(claim.attributes)
    )


def _apart(claims: Sequence[SpanClaim], where: Sequence[Occurrences]) -> list[tuple[Place, SpanClaim]] | None:
    """Return the claims in the order of the text, where each has one place and none overlaps another; None where
    not."""
    if len(claims) > MOST_SPANS:
        return None
    pairs = []
    for claim, found in zip(claims, where, strict=True):
        if len(found.places) != 1:
            return None
        pairs.append((found.places[0], claim))
    pairs.sort(key=_place_of)
    reached = 0
    for (start, end), _ in pairs:
        if start < reached:
            return None
        reached = end
    return pairs


def _place_of(pair: tuple[Place, SpanClaim]) -> Place:
    return pair[0]


def _in_turn(claims: Sequence[SpanClaim], where: Sequence[Occurrences]) -> list[tuple[Place, ...]] | Unreadable:
    """Assign places in turn to a quote that is listed as often as it stands in the text.

    Listed several times with different labels and another number of places, the pairs are unknown.
    """
    listed: dict[str | None, list[SpanClaim]] = {}
    for claim in claims:
        if claim.is_anywhere:
            listed.setdefault(claim.quote, []).append(claim)
    seen: Counter[str | None] = Counter()
    chosen: list[tuple[Place, ...]] = []
    for claim, found in zip(claims, where, strict=True):
        same = listed.get(claim.quote, []) if claim.is_anywhere else []
        if len(same) > 1 and len(same) == len(found.places):
            chosen.append((found.places[seen[claim.quote]],))
            seen[claim.quote] += 1
        elif len(same) <= 1 or len(found.places) == 1 or _are_alike(same):
            chosen.append(found.places)
        else:
            return Unreadable(
                UnreadableReason.AMBIGUOUS,
                f"{quoted(claim.quote or '')} stands {len(found.places)} times in the text and has different labels",
            )
    return chosen


def _are_alike(claims: list[SpanClaim]) -> bool:
    first = claims[0]
    return all((other.label, other.attributes) == (first.label, first.attributes) for other in claims)


def _nested_left_out(
    claims: Sequence[SpanClaim], chosen: list[tuple[Place, ...]] | Unreadable
) -> list[tuple[Place, ...]] | Unreadable:
    """Leave out the places of a quote within a longer one that is labeled too, where others of its places remain."""
    if isinstance(chosen, Unreadable):
        return chosen
    nested = _nested({place for places in chosen for place in places})
    kept = []
    for claim, places in zip(claims, chosen, strict=True):
        free = tuple(place for place in places if place not in nested)
        kept.append(free if claim.is_anywhere and free else places)
    return kept


def _nested(places: set[Place]) -> set[Place]:
    """Return the places that lie within another one."""
    found: set[Place] = set()
    reached = -1
    for place in sorted(places, key=lambda each: (each[0], -each[1])):
        if place[1] <= reached:
            found.add(place)
        reached = max(reached, place[1])
    return found
