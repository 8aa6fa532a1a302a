"""The places in a record's text where a quote stands, even when the model changed its unicode form, case or spacing.

Places are code points of the record as it is. None begins or ends within a grapheme (a letter with its combining marks,
an emoji sequence), and none within a word where the quote stands as whole words elsewhere.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import regex

from tandem.labeling.normalization import fold, normalize
from tandem.labeling.reading import Place, Rule

SHORTEST_IN_ANY_CASE = 4
"""Minimum characters of a quote found in any case; shorter ones are found in their own case alone, so that "US" is not
read from "us"."""

_GRAPHEME = regex.compile(r"\X")
_SPACED = regex.compile(
    r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]", regex.VERSION1
)
"""A character of a script that puts spaces between words."""
_FIRST_TO_COMBINE = "\u0300"
"""First character that may join another in a grapheme; before it only a line feed behind a carriage return does."""
_MARKS = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"',
     "\u00bb": '"', "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
     "\u2026": "..."}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occurrences:
    places: tuple[Place, ...]
    """Places meant when every place is meant: of places that overlap, the first."""
    rule: Rule
    """EXACT, or NORMALIZED when the record spells it in another way."""
    everywhere: tuple[Place, ...] = ()
    """All places, overlapping ones included, to choose one by other information about it."""


MOST_PLACES = 50_000
"""Places that are weighed for the quotes of one answer."""


class TooManyPlacesError(Exception):
    """The quotes of the answer stand in so many places that they cannot be told apart."""


NOWHERE = Occurrences((), Rule.NORMALIZED)


class SearchedText:
    """A record's text, prepared as far as the quotes need it."""

    def __init__(self, text: str, *, most_places: int | None = None) -> None:
        """Prepare the text. `most_places`: the most places that are weighed, for quotes that a model chose."""
        self.text = text
        self._most_places = most_places
        self._found: dict[str, Occurrences] = {}
        self._weighed = 0

    def weigh(self, places: int) -> None:
        """Add to the places weighed so far. Raises TooManyPlacesError once they are together more than allowed."""
        self._weighed += places
        if self._most_places is not None and self._weighed > self._most_places:
            raise TooManyPlacesError

    def occurrences(self, quote: str) -> Occurrences:
        """Return all places of the quote, in the closest spelling in which it stands anywhere. Raises
        TooManyPlacesError."""
        found = self._found.get(quote)
        if found is None:
            found = self._found[quote] = self._look_up(quote)
        return found

    def _look_up(self, quote: str) -> Occurrences:
        spelling = quote.strip()
        rule = Rule.EXACT if spelling == quote else Rule.NORMALIZED
        found = self._places_of(spelling, rule) if spelling else None
        if found is None and (bare := normalize_marks(quote)) not in ("", spelling):
            found = self._places_of(bare, Rule.EXACT if bare == quote else Rule.NORMALIZED)
        return found or NOWHERE

    def _places_of(self, spelling: str, rule: Rule) -> Occurrences | None:
        for find, found_rule in self._searches(spelling, rule):
            begun = []
            for place in find(spelling):
                self.weigh(1)
                if self._begins_word(place[0]):
                    begun.append(place)
            if not begun:
                continue
            if whole := [place for place in begun if self._ends_word(place[1])]:
                return Occurrences(_apart(whole), found_rule, tuple(whole))
            return Occurrences(_apart(begun), Rule.NORMALIZED, tuple(begun))
        return None

    def is_whole(self, start: int, end: int) -> bool:
        """Return whether this is a stretch of the text that cuts no grapheme."""
        return 0 <= start < end <= len(self.text) and self._is_break(start) and self._is_break(end)

    def _is_break(self, at: int) -> bool:
        """Return whether a grapheme ends here and another begins."""
        if at in (0, len(self.text)):
            return True
        before, behind = self.text[at - 1], self.text[at]
        if before < _FIRST_TO_COMBINE and behind < _FIRST_TO_COMBINE:
            return before != "\r" or behind != "\n"
        return at in self._breaks

    def is_of_words(self, start: int, end: int) -> bool:
        """Return whether the stretch cuts no word either: of offsets that nothing else confirms, most that do are
        miscounted."""
        return self.is_whole(start, end) and self._begins_word(start) and self._ends_word(end)

    def stands_between(self, place: Place, before: str, after: str) -> bool:
        """Return whether the text around the place begins and ends like this, up to case, spacing and unicode form."""
        start, end = place
        left = fold(self.text[max(0, start - 2 * len(before) - 20) : start])
        right = fold(self.text[end : end + 2 * len(after) + 20])
        return left.endswith(fold(before.strip("\u2026. "))) and right.startswith(
            fold(after.strip("\u2026 ").rstrip("."))
        )

    def _searches(self, quote: str, rule: Rule) -> Iterator[tuple[Callable[[str], Iterator[Place]], Rule]]:
        yield self._exact, rule
        if not (self.text.isascii() and quote.isascii()):
            yield self._composed.find, Rule.NORMALIZED
        yield self._loose(quote).find, Rule.NORMALIZED

    def _exact(self, quote: str) -> Iterator[Place]:
        at = self.text.find(quote)
        while at != -1:
            if self.is_whole(at, at + len(quote)):
                yield at, at + len(quote)
            at = self.text.find(quote, at + 1)

    def _loose(self, quote: str) -> _Folded:
        return self._caseless if len(quote) >= SHORTEST_IN_ANY_CASE else self._cased

    @cached_property
    def _breaks(self) -> frozenset[int]:
        """Return where graphemes begin and end."""
        return frozenset({0, *(found.end() for found in _GRAPHEME.finditer(self.text))})

    @cached_property
    def _composed(self) -> _Folded:
        return _Folded(self.text, lambda text: unicodedata.normalize("NFC", text))

    @cached_property
    def _cased(self) -> _Folded:
        return _Folded(self.text, _with_plain_marks)

    @cached_property
    def _caseless(self) -> _Folded:
        return _Folded(self.text, lambda text: _with_plain_marks(_with_plain_marks(text).casefold()))

    def _begins_word(self, at: int) -> bool:
        return at == 0 or not (_is_spaced(self.text[at]) and _is_spaced(self.text[at - 1]))

    def _ends_word(self, at: int) -> bool:
        return at == len(self.text) or not (_is_spaced(self.text[at]) and _is_spaced(self.text[at - 1]))


@lru_cache(maxsize=4096)
def _is_spaced(char: str) -> bool:
    return _SPACED.match(char) is not None


class _Folded:
    """The text in another form, grapheme by grapheme, so that what is found in it maps back to whole graphemes."""

    def __init__(self, text: str, form: Callable[[str], str]) -> None:
        self._form = form
        pieces: list[str] = []
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        length = 0
        blank_before = False
        for grapheme in _GRAPHEME.finditer(text):
            start, end = grapheme.span()
            if grapheme[0].isspace():
                if blank_before:
                    continue
                blank_before, piece = True, " "
            else:
                blank_before, piece = False, form(grapheme[0])
            if piece:
                self._starts[length] = start
                self._ends[length + len(piece)] = end
                pieces.append(piece)
                length += len(piece)
        self._text = "".join(pieces)

    def find(self, quote: str) -> Iterator[Place]:
        wanted = self._form(" ".join(quote.split()))
        at = self._text.find(wanted) if wanted else -1
        while at != -1:
            start, end = self._starts.get(at), self._ends.get(at + len(wanted))
            if start is not None and end is not None:
                yield start, end
            at = self._text.find(wanted, at + 1)


def _apart(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places that do not overlap the one before; `places` are in their order."""
    kept: list[Place] = []
    for place in places:
        if not kept or place[0] >= kept[-1][1]:
            kept.append(place)
    return tuple(kept)


def within(places: Sequence[Place], around: Sequence[Place]) -> tuple[Place, ...]:
    """Return the places that lie within one of the stretches around, which are in their order."""
    starts = [first for first, _ in around]
    reached = list(accumulate((last for _, last in around), max))
    return tuple(
        place for place in places if (before := bisect_right(starts, place[0])) and place[1] <= reached[before - 1]
    )


def normalize_marks(quote: str) -> str:
    """Return the quote in its own case, without marks around it that the record need not have."""
    bare = normalize(quote)
    at = quote.casefold().find(bare) if bare else -1
    return quote[at : at + len(bare)] if at != -1 and len(quote.casefold()) == len(quote) else bare


def _with_plain_marks(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_MARKS)
