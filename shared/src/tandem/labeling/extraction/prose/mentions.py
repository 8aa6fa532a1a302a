"""A label that prose asserts: the only one of the schema's that it mentions and does not deny.

Two labels are never guessed between. A label that is denied outright ("not positive", "neither positive nor negative")
or asked about is none that is mentioned; one in a sentence with a negation further off, a hedge or a condition makes
the whole answer ambiguous.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tandem.events.schema import LabelOption
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.outcome import ambiguous
from tandem.labeling.extraction.prose.stances import NO_SPACES, WITHOUT_SPACES, Stance, stances
from tandem.labeling.reading import Place, Unreadable, UnreadableReason

_SENTENCE_END = re.compile(
    r"(?:(?<!\be\.g)(?<!\bi\.e)[.!?\u2026]+(?=[\s\"'\u201d\u2019*_)\]]|$)|[\u3002\uff01\uff1f]|(?<![\w,])\n|\n(?=\s*\n))+"
)


_OF_CONFIDENCE = re.compile(r"[*_\"']*[ -](?:confidence|certainty|probability|likelihood)\b", re.IGNORECASE)
_CONFIDENCE = re.compile(
    r"\b(?:confidence|certainty)(?: level| score)?[*_\"']*\s*(?:is|was|=|:|of|[-\u2013])[\s*_\"'(]*(?:a )?(?:very )?\Z",
    re.IGNORECASE,
)
"""A label beside these words states how sure the model is."""


_BECAUSE = re.compile(
    r"\A[^.;]{0,20}?[\s,]\(?(?:because|since|as|given|due to|weil|da|car|porque)\b"
    r"(?!.*(?:;|\b(?:but|however|yet|while|whereas|although|though|because|aber|mais|pero)\b))",
    re.IGNORECASE | re.DOTALL,
)
MOST_MENTIONS = 300
"""Maximum number of mentions weighed one by one; only a model that loops produces more."""
_LONGEST_REASON = 400
"""Maximum characters of a reason."""
_ATTRIBUTE = re.compile(r"[*_\"')]*\s+(?!(?:because|since|for|about|on|in|with|to|towards?|as|at|overall|but|due)\b)\w")


@dataclass(frozen=True, slots=True)
class Mention:
    value: str
    place: Place
    stance: Stance


class Mentions:
    """Finds the labels of some options in prose."""

    def __init__(self, options: Sequence[LabelOption]) -> None:
        spelled: dict[str, str] = {}
        for option in options:
            for spelling in (option.value, option.name, *option.aliases):
                for form in (spelling, unicodedata.normalize("NFC", spelling), unicodedata.normalize("NFD", spelling)):
                    if any(char.isalnum() or unicodedata.category(char) == "So" for char in form):
                        spelled.setdefault(form, option.value)
        longest_first = sorted(spelled, key=len, reverse=True)
        self._values = [spelled[form] for form in longest_first]
        self._pattern = re.compile("|".join(f"({_pattern(form)})" for form in longest_first) or r"(?!)", re.IGNORECASE)
        self._graded = any(
            one != other and f" {one.casefold()} " in f" {other.casefold()} "
            for one in (option.value for option in options)
            for other in (option.value for option in options)
        )

    def asserted(self, stretch: Stretch) -> tuple[str, Place] | Unreadable:  # noqa: PLR0911 - a reason a return
        """Return the label that the text asserts and where it does, or why there is none."""
        found = list(self.all(stretch))
        if not found:
            return Unreadable(UnreadableReason.NO_OPTION, "the answer mentions none of the labels")
        open_ones = [mention for mention in found if mention.stance not in (Stance.DENIED, Stance.ASKED)]
        open_ones = self._marked(stretch.answer, open_ones) or [*_without_reasons(stretch.answer, open_ones)]
        values = {mention.value for mention in open_ones}
        if len(values) > 1:
            return ambiguous(values)
        if not values:
            return Unreadable(UnreadableReason.AMBIGUOUS, "the answer denies or asks about a label, and gives none")
        if any(mention.stance is Stance.DOUBTED for mention in open_ones):
            return Unreadable(UnreadableReason.AMBIGUOUS, f"the answer leaves open whether it is {values.pop()!r}")
        if any(mention.stance is Stance.DENIED and mention.value in values for mention in found):
            return ambiguous([])
        asserted = [mention for mention in open_ones if mention.stance is Stance.ASSERTED]
        if not asserted and all(_is_blank(text) for text in self._pattern.sub("\0", stretch.text).split("\0")):
            asserted = open_ones[:1]  # nothing but the label, over and over
        if not asserted:
            return Unreadable(UnreadableReason.AMBIGUOUS, f"the answer mentions {values.pop()!r} but does not give it")
        return asserted[-1].value, asserted[-1].place

    @staticmethod
    def _marked(answer: str, mentions: Sequence[Mention]) -> list[Mention]:
        """Return the label in bold that the answer begins with, where no other is in bold or asserted behind it."""
        if len({mention.value for mention in mentions}) < 2:
            return []
        bold = [
            each
            for each in mentions
            if answer[: each.place[0]].endswith("**") and answer.startswith("**", each.place[1])
        ]
        others = [each for each in mentions if each.value != mentions[0].value]
        settled = bold and bold[0] is mentions[0] and bold[0].stance is Stance.ASSERTED
        if not settled or any(each in bold or each.stance is Stance.ASSERTED for each in others):
            return []
        return [each for each in mentions if each.value == bold[0].value]

    def values_in(self, text: str) -> set[str]:
        """Return the labels that the text mentions, whatever it says of them."""
        return {self._values[(found.lastindex or 1) - 1] for found in self._pattern.finditer(text)}

    def all(self, stretch: Stretch) -> Iterator[Mention]:
        text = stretch.text
        found = [
            (match.span(), self._values[(match.lastindex or 1) - 1])
            for match in self._pattern.finditer(text)
            if not _OF_CONFIDENCE.match(text, match.end())
            and not _CONFIDENCE.search(text, max(0, match.start() - 60), match.start())
        ]
        if not found:
            return
        if len(found) > MOST_MENTIONS:
            for place, value in found:
                yield Mention(value, (stretch.start + place[0], stretch.start + place[1]), Stance.DOUBTED)
            return
        for start, end, asks in sentences(text, [span for span, _ in found]):
            inside = [(span, value) for span, value in found if start <= span[0] < end]
            if inside:
                found_stances = stances(text, (start, end), inside, asks=asks, graded=self._graded)
                for (place, value), stance in zip(inside, found_stances, strict=True):
                    yield Mention(value, (stretch.start + place[0], stretch.start + place[1]), stance)


def _without_reasons(answer: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Without what is only named in the reason for a label: "neutral, since it has positive and negative parts"."""
    reason: Mention | None = None
    for mention in mentions:
        if reason is not None:
            between = answer[reason.place[1] : min(mention.place[0], reason.place[1] + _LONGEST_REASON)]
            named = mention.stance is not Stance.ASSERTED and _ATTRIBUTE.match(answer, mention.place[1])
            if (
                len(between) < _LONGEST_REASON
                and named
                and _BECAUSE.search(between)
                and not _SENTENCE_END.search(between)
            ):
                continue
        if reason is None:
            reason = mention if mention.stance is Stance.ASSERTED else None
        yield mention


def _is_blank(text: str) -> bool:
    return not text.strip(" \t\r\n.,;*_\"'`")


def sentences(text: str, kept: Sequence[Place]) -> Iterator[tuple[int, int, bool]]:
    """Return each sentence's start, end, and whether it asks. No sentence ends within what is kept whole."""
    start = 0
    for mark in _SENTENCE_END.finditer(text):
        if any(first < mark.end() and mark.start() < last for first, last in kept):
            continue
        yield start, mark.end(), "?" in mark[0] or "\uff1f" in mark[0]
        start = mark.end()
    if start < len(text):
        yield start, len(text), text.rstrip("\"'*_`) \u201d\u2019").endswith("?")


def _pattern(spelling: str) -> str:
    """Return the spelling as whole words, whatever separates them; nothing is glued to it, not by a hyphen either.

    A digit is no part of a longer number or amount.
    """
    parts = [re.escape(part) for part in re.split(r"[\s_\-\u2010\u2011]+", spelling.strip()) if part]
    body = r"[\s_\-\u2010\u2011]+".join(parts).replace("'", "['\u2019]")
    first, last = spelling.strip()[0], spelling.strip()[-1]
    glued = rf"[^\W{WITHOUT_SPACES}]"
    before = "" if NO_SPACES.match(first) else rf"(?<!{glued})(?<![_\u2010\u2011~-])(?<!\w['\u2019])"
    after = "" if NO_SPACES.match(last) else rf"(?!{glued}|[_\u2010\u2011~]|-\w|['\u2019]\w)"
    if first.isdigit():
        before += r"(?<![$\u20ac\u00a3\u00a5#+])(?<!\d[.,:/])(?<!\W[.,])(?<!^[.,])"
    if last.isdigit():
        after += r"(?![.,:/]\d|\s?[%\u20ac\u00a3\u00a5\u00b0])"
    return f"{before}{body}{after}"
