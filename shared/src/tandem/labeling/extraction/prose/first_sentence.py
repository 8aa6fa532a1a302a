"""Read the label that the first sentence of an answer asserts, unless a later sentence may mean another.

Chatty models say the label at once and go on for a paragraph: "The sentiment is clearly negative. The author is angry.
Many readers would find it negative." Weighed as a whole such an answer looks undecided, since hedges behind the label
count against it. Here they do not: what is said of the *same* label later may be anything but a denial, and another
label may only be denied ("there is no positive sentiment").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.prose import words
from tandem.labeling.extraction.prose.mentions import Mention, Mentions, sentences
from tandem.labeling.extraction.prose.stances import Stance
from tandem.labeling.reading import Place

_QUOTE = re.compile(r"(?<!\w)(?:\"([^\"\n]{3,400})\"|\u201c([^\u201d\n]{3,400})\u201d)(?!\w)")
_CLAUSE = re.compile(
    r"[;:\u2014\u2013]|\b(?:but|however|yet|although|though|while|whereas|except)\b|"
    r",\s+(?:which|so|as|and|since|because|\w+ing)\b"
)
_AVOIDING = words.words_of("avoid avoids avoiding avoided lack lacks lacking absence devoid free")
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_WORDS_OF_THE_RECORD = 4
"""Minimum number of words of a quote that names a label, for it to be the record's and not the model's."""
_UNDECIDED = words.DOUBTS | words.CLUELESS | words.NEGATIONS | words.words_of("sorry cannot")


def first_sentence(mentions: Mentions, stretch: Stretch, fields: Mapping[str, str]) -> tuple[str, Place] | None:
    """Return the label that the first sentence asserts and where it does; None where a later one may mean another.

    `fields`: the record's. What the answer quotes of it says nothing of the label, and its marks end no sentence:
    `The use of "Fret not!" shows a positive reaction.`
    """
    text = without_quotes(stretch.answer, fields, mentions)
    plain = Stretch(text, stretch.start, stretch.end)
    found = list(mentions.all(plain))
    if not found:
        return None
    by_sentence = list(_by_sentence(plain, found))
    start, first = by_sentence[0]
    if _is_undecided(text[stretch.start : start]):
        return None
    asserted = [mention for mention in first if mention.stance is Stance.ASSERTED]
    if not asserted or any(_disturbs(mention, asserted[0], text, start) for mention in first):
        return None
    value, place = asserted[0].value, asserted[0].place
    for start, later in by_sentence[1:]:
        if any(_contradicts(mention, value, text, start) for mention in later):
            return None
    return value, place


def denies(mentions: Mentions, stretch: Stretch, value: str) -> bool:
    """Return True when a sentence denies this label: "It cannot really be called positive"."""
    return any(
        mention.value == value and _is_denied(mention, stretch.answer, start)
        for start, said in _by_sentence(stretch, list(mentions.all(stretch)))
        for mention in said
    )


def _disturbs(mention: Mention, asserted: Mention, text: str, start: int) -> bool:
    """Return True when a mention in the first sentence leaves open whether the asserted label is the one."""
    if mention.value != asserted.value:
        return mention.stance is not Stance.DENIED
    if mention.place < asserted.place:
        return mention.stance in (Stance.DENIED, Stance.DOUBTED, Stance.ASKED)
    return _is_denied(mention, text, start)


def _contradicts(mention: Mention, value: str, text: str, start: int) -> bool:
    """Return True when a mention in a later sentence, which begins at `start`, speaks against the label `value`."""
    if mention.value == value:
        return _is_denied(mention, text, start, words.NEGATIONS)
    return mention.stance is not Stance.ASKED and not _is_denied(mention, text, start, words.NEGATIONS | _AVOIDING)


def _is_denied(mention: Mention, text: str, start: int, negations: frozenset[str] = words.NEGATIONS) -> bool:
    """Return True when the sentence, which begins at `start`, denies the label, right before it or further off."""
    if mention.stance is Stance.DENIED:
        return True
    return mention.stance is Stance.DOUBTED and _is_negated(text[start : mention.place[0]], negations)


def _is_negated(before: str, negations: frozenset[str]) -> bool:
    """Return True when one negation leads to a label in its clause: "does not contain any negative words"."""
    clause = _CLAUSE.split(before.casefold())[-1].replace("\u2019", "'")
    said = _WORD.findall(clause)
    found = [at for at, word in enumerate(said) if word in negations or word.endswith("n't")]
    return len(found) == 1 and not words.NOT_ONLY & set(said[found[0] + 1 : found[0] + 2])


def _is_undecided(before: str) -> bool:
    """Return True when what stands before the first sentence with a label says that there may be none."""
    return any(word in _UNDECIDED or word.endswith("n't") for word in _WORD.findall(before.casefold()))


def _by_sentence(stretch: Stretch, found: Sequence[Mention]) -> Iterator[tuple[int, list[Mention]]]:
    """Yield the start of each sentence that mentions a label, and its mentions."""
    kept = [(each.place[0] - stretch.start, each.place[1] - stretch.start) for each in found]
    for start, end, _ in sentences(stretch.text, kept):
        inside = [each for each in found if start <= each.place[0] - stretch.start < end]
        if inside:
            yield stretch.start + start, inside


def without_quotes(answer: str, fields: Mapping[str, str], mentions: Mentions) -> str:
    """Return the answer with its quotes blanked out, each character by a space, so that places stay.

    Quotes of one word stay, and quotes that name a label but are short or do not stand in the record: `it is "clearly
    negative"` may be what the model says.
    """
    record: str | None = None

    def blank(quote: re.Match[str]) -> str:
        nonlocal record
        said = (quote[1] or quote[2]).strip()
        size = len(said.split())
        if size < 2:
            return quote[0]
        if mentions.values_in(said):
            if size < _WORDS_OF_THE_RECORD:
                return quote[0]
            if record is None:
                record = _comparable(" ".join(fields.values()))
            if _comparable(said) not in record:
                return quote[0]
        return f"{quote[0][0]}{' ' * (len(quote[0]) - 2)}{quote[0][-1]}"

    return _QUOTE.sub(blank, answer)


def _comparable(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
