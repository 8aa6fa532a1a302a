"""Spans as lines of text: `quote, label`, `label: quote`, or a label as a heading over its quotes."""

from __future__ import annotations

import re
from collections.abc import Callable

from tandem.events.schema import SpanTask
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers, unbulleted
from tandem.labeling.extraction.kinds.choices import says_none, spelled_at
from tandem.labeling.extraction.kinds.options import OptionMatch, OptionTable
from tandem.labeling.extraction.kinds.span_claims import SpanClaim
from tandem.labeling.extraction.outcome import ambiguous, not_in_schema, quoted
from tandem.labeling.reading import Rule, Unreadable, UnreadableReason

_PARTS = re.compile(r"\s*(?:,|:|\t|\||->|=>|\u2192|\u2013|\u2014|\uff1a|\uff0c|\s-\s|=)\s*")
_IN_BRACKETS = re.compile(r"(.+?)\s*[(\[\u3010]([^()\[\]]+)[)\]\u3011]\s*[.,;]?", re.DOTALL)
_LINK = re.compile(r"\[([^\[\]]+)\]\s*\(([^()]+)\)")
_RULE = re.compile(r"[\s|:+=-]+")
_OPENING = re.compile(r".*[:\uff1a]\s*[*_]*")
_BETWEEN_CLAIMS = (re.compile(r"\s*;\s*"), re.compile(r"\s*,\s+"), re.compile(r"\s+and\s+"))
MOST_LINES = 500


class LineClaims:
    """Reads the claims from lines."""

    def __init__(self, task: SpanTask) -> None:
        self._task = task
        self._labels = OptionTable(task.options)

    def read(self, stretch: Stretch, stands: Callable[[str], bool]) -> list[SpanClaim] | Unreadable:
        """Read the claims from lines. `stands`: whether a quote stands in the record's text."""
        lines = [line for line in stretch.lines() if not line.text.startswith("```")]
        if len(lines) > MOST_LINES:
            return not_in_schema(f"the answer has {len(lines)} lines")
        if not lines:
            return []
        if any(_RULE.fullmatch(line.text) and "|" in line.text for line in lines[1:2]):
            lines = lines[2:]  # a table's head
        claims: list[SpanClaim] = []
        heading: tuple[OptionMatch, Stretch] | None = None
        for index, raw in enumerate(lines):
            line = _unbarred(unbulleted(raw))
            if line.start >= line.end or says_none(line.text):
                continue
            if (label := self._heading(line)) is not None:
                heading = label
                continue
            found = self._line(line, stands, heading)
            if isinstance(found, Unreadable):
                if index == 0 and len(lines) > 1 and _OPENING.fullmatch(line.text):
                    continue
                return found
            claims += found
        return claims

    def _heading(self, line: Stretch) -> tuple[OptionMatch, Stretch] | None:
        if not _OPENING.fullmatch(line.text) and not line.text.startswith("**"):
            return None
        return self._label(line)

    def _label(self, stretch: Stretch) -> tuple[OptionMatch, Stretch] | None:
        for layer in layers(stretch):
            if (match := self._labels.spelled(layer.text)) is not None:
                return match, spelled_at(layer, match)
        return None

    def _line(
        self, line: Stretch, stands: Callable[[str], bool], heading: tuple[OptionMatch, Stretch] | None
    ) -> list[SpanClaim] | Unreadable:
        """Return one claim, a list of quotes under one label, or several claims with marks between them."""
        found: list[SpanClaim] | Unreadable = not_in_schema("")
        for layer in layers(line):
            found = self._one(layer, stands, heading)
            if not isinstance(found, Unreadable) or found.reason is not UnreadableReason.NOT_IN_SCHEMA:
                break
        if not isinstance(found, Unreadable):
            return found
        for separator in _BETWEEN_CLAIMS:
            parts = _split(line, separator)
            if len(parts) > 1 and (several := self._several(parts, stands)) is not None:
                return several
        return found if found.detail else self._none(line)

    def _several(self, parts: list[Stretch], stands: Callable[[str], bool]) -> list[SpanClaim] | None:
        """Return the claims of all parts; None as soon as one part gives none."""
        found: list[SpanClaim] = []
        for part in parts:
            claims = self._one(layers(part)[-1] if part.text[:1] in "(\"'" else part, stands, None)
            if isinstance(claims, Unreadable):
                return None
            found += claims
        return found

    def _one(
        self, line: Stretch, stands: Callable[[str], bool], heading: tuple[OptionMatch, Stretch] | None
    ) -> list[SpanClaim] | Unreadable:
        split = [(quote, label) for quote, side in self._splits(line) if (label := self._label(side)) is not None]
        missing = next((quote for quote, _ in split), line)
        readings = [claims for quote, label in split if (claims := self._claims(quote, label, stands)) is not None]
        if not readings and heading is not None:
            readings = [claims] if (claims := self._claims(line, heading, stands)) is not None else []
        if not readings:
            if split or heading is not None:
                detail = f"{quoted(missing.text)} does not occur in the text"
                return Unreadable(UnreadableReason.NOT_IN_TEXT, f"{self._task.name!r}: {detail}")
            return self._none(line)
        if len({tuple((claim.quote, claim.label) for claim in claims) for claims in readings}) > 1:
            return ambiguous(f"{claims[0].quote}, {claims[0].label}" for claims in readings if claims)
        return readings[0]

    def _none(self, line: Stretch) -> Unreadable:
        return not_in_schema(f"{quoted(line.text)} gives no text with one of {self._labels.named()}")

    def _splits(self, line: Stretch) -> list[tuple[Stretch, Stretch]]:
        """Return the ways to take the line as a quote and a label."""
        text = line.text
        found = [
            (line.part(*brackets.span(1)), line.part(*brackets.span(2)))
            for pattern in (_LINK, _IN_BRACKETS)
            if (brackets := pattern.fullmatch(text)) is not None
        ]
        for separator in list(_PARTS.finditer(text))[:40]:
            left, right = line.part(0, separator.start()), line.part(separator.end(), len(text))
            found += [(left, right), (right, left)]
        return found

    def _claims(
        self, quote: Stretch, label: tuple[OptionMatch, Stretch], stands: Callable[[str], bool]
    ) -> list[SpanClaim] | None:
        """Return the quote as one, or a list of quotes; none for `LABEL: none`."""
        match, place = label
        if match.only is None:
            return None
        rule = Rule.EXACT.or_looser(match.rule)
        inner = next((layer.text for layer in layers(quote) if layer.text and stands(layer.text)), None)
        if inner is not None:
            return [SpanClaim(inner, match.only, place.place, rule)]
        if says_none(quote.text):
            return []
        pieces = [unwrapped(piece) for piece in re.split(r"\s*[,;\u3001]\s*", quote.text)]
        if len(pieces) > 1 and all(piece and stands(piece) for piece in pieces):
            return [SpanClaim(piece, match.only, place.place, rule.or_looser(Rule.NORMALIZED)) for piece in pieces]
        return None


def unwrapped(text: str) -> str:
    return layers(Stretch.whole(text))[-1].text


def _unbarred(line: Stretch) -> Stretch:
    """Return a table's row without the bars at its ends."""
    text = line.text
    if len(text) > 2 and text.startswith("|") and text.endswith("|"):
        return line.part(1, len(text) - 1).stripped()
    return line


def _split(line: Stretch, separator: re.Pattern[str]) -> list[Stretch]:
    """Return the parts of the line between the separators that stand in no brackets."""
    text = line.text
    found, at = [], 0
    for mark in separator.finditer(text):
        before = text[at : mark.start()]
        if all(before.count(one) == before.count(other) for one, other in ("()", "[]")):
            found.append(line.part(at, mark.start()).stripped())
            at = mark.end()
    found.append(line.part(at, len(text)).stripped())
    return found
