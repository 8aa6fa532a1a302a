"""Stance of a sentence towards a label in it: asserts, denies, asks, doubts it, or mentions it in passing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from tandem.labeling.extraction.prose import words
from tandem.labeling.reading import Place

_TOKEN = re.compile(r"\w+(?:['\u2019.]\w+)*|=>|->|[^\w\s]")
_MARKS = frozenset("\"'`*_\u201c\u201d\u2018\u2019\u00ab\u00bb\u201e()[]<>{}\u300c\u300d")
_CLASSIFIED = re.compile(r"can be (?:classified|labell?ed|categori[sz]ed|described|considered|seen)")
_UNTICKED = re.compile(r"\[\s?\]|\u2610|\u2717|\u2718|\u274c|\U0001f6ab")
_INVERTED = re.compile(
    r"\W*(?:question\W+)?(?:is|are|was|were|does|do|did|should|would|could|has|why|how|what)\s+(?:it|this|that|the|these)\b",
    re.IGNORECASE,
)
"""Beginnings of questions that lack their mark."""
_CLAUSE_ENDS = frozenset(".,;:!\u2026\u2014\u2013-\u3002\uff0c\uff01|)/")
_SUBORDINATE = words.words_of("although though while whereas despite even obwohl bien aunque")
_BEING = words.words_of("is was it's that's this's")
_SUBJECTS = words.words_of("the it this he she")
_CONSEQUENCE = words.words_of("so thus therefore hence also donc")
WITHOUT_SPACES = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
NO_SPACES = re.compile(f"[{WITHOUT_SPACES}]")
"""A character of a script without spaces between words."""


class Stance(Enum):
    """Stance of the answer towards a label that it mentions."""

    ASSERTED = "asserted"
    LOOSE = "loose"
    """Mentioned in passing, as in "positive aspects"."""
    DENIED = "denied"
    ASKED = "asked"
    DOUBTED = "doubted"


@dataclass(slots=True)
class _Token:
    text: str
    start: int
    end: int
    value: str | None = None
    """The label, where it is one."""
    denied: bool = False
    line: int = 0
    capital: bool = False
    """Whether it begins with a capital letter."""

    @property
    def is_negation(self) -> bool:
        return self.value is None and (self.text in words.NEGATIONS or self.text.endswith(("n't", "n\u2019t")))


def stances(
    text: str, sentence: Place, labels: Sequence[tuple[Place, str]], *, asks: bool, graded: bool
) -> list[Stance]:
    """Return what the sentence does with each of the labels in it.

    `graded`: whether some labels differ in strength alone. Examples:

        "The label is positive."               asserted: a frame ("is") leads to it, the clause ends behind it
        "It is not positive but negative."     positive denied, negative asserted
        "It might be positive."                doubted: a hedge within reach
        "It has to be positive."               loose: nothing asserts it
        "Is it positive"                       asked: a question that lacks its mark
    """
    if asks or _INVERTED.match(text, *sentence):
        return [Stance.ASKED] * len(labels)
    tokens = _tokens(text, sentence, labels)
    at = [index for index, token in enumerate(tokens) if token.value is not None]
    used: set[int] = set()
    for index in at:
        if (negation := _denied_by(tokens, index)) is not None:
            tokens[index].denied = True
            used.add(negation)
    return [_stance(tokens, index, used, text[slice(*sentence)], graded=graded) for index in at]


def _stance(tokens: list[_Token], index: int, used: set[int], sentence: str, *, graded: bool) -> Stance:
    if tokens[index].denied:
        return Stance.DENIED
    if _is_doubted(tokens, index, used, sentence):
        return Stance.DOUBTED
    if _is_led_to(tokens, index, graded=graded) and _is_followed_well(tokens, index):
        return Stance.ASSERTED
    return Stance.LOOSE


def _is_led_to(tokens: list[_Token], index: int, *, graded: bool) -> bool:  # noqa: PLR0911 - a case a word
    """Return True when the words before the label assert it: nothing, or a frame such as "is", with fillers between."""
    emphasised = False
    for at in range(index - 1, -1, -1):
        token = tokens[at]
        if token.text in _MARKS or token.text == "," or _is_picture(token):
            emphasised = emphasised or token.text == "*"
            continue
        if token.denied or emphasised:
            return True
        # "It seems to be positive" asserts; "It has to be positive" does not.
        if token.text == "be" and at and tokens[at - 1].text == "to":
            return at > 1 and tokens[at - 2].text in ("seems", "appears", "considered", "judged", "deemed", "find")
        if token.text in ("choose", "select", "pick") and at == 0:
            return False  # the instruction again: "Choose positive or negative."
        if token.text in words.FRAMES or token.text.endswith(words.FRAMING_SIGNS):
            return True
        if token.text == "about":  # "It is about sports", not "a text about sports"
            return at > 0 and tokens[at - 1].text in ("is", "was", "it's")
        # "the class of positive": looks on to what stands before "class".
        if token.text == "of" and at and tokens[at - 1].text in ("category", "class", "label", "type"):
            continue
        if token.text in ("of", "in"):
            return _is_in_being(tokens, at)
        if token.text == "with":  # "I would go with positive", not "together with positive"
            return at > 0 and tokens[at - 1].text in ("go", "going", "goes", "went")
        # "Very positive" is another label where there is one for it.
        if graded and token.text in words.STRENGTHS:
            return False
        if token.text not in words.FILLERS and token.text not in ("but", "rather", "sondern", "mais", "sino"):
            return False
    return True


def _is_in_being(tokens: list[_Token], at: int) -> bool:
    """Return True where "in" or "of", at this place, says what the record is: "is in a", "is an example of"."""
    if not at:
        return False
    if tokens[at].text == "in":
        return tokens[at - 1].text in _BEING
    return tokens[at - 1].text == "example" and _is_an_example(tokens, at - 1)


def _is_followed_well(tokens: list[_Token], index: int) -> bool:
    """Return True when what follows leaves the label standing: the clause's end, a noun that it describes, a reason."""
    noun = tokens[index].text in words.NEGATIONS  # "No answer is given" does not answer "no"
    described = False
    for token in tokens[index + 1 :]:
        if token.text in _CLAUSE_ENDS or token.text == "(":
            return True
        if token.text in _MARKS or _is_picture(token):
            continue
        if token.text in words.NOUNS and not noun:  # "Positive review."
            noun = described = True
            continue
        # "Positive because it ends well", not "positive aspects"; "positive feedback that ..." describes the record
        return token.text in words.FOLLOWERS or (described and token.text in ("of", "that", "which"))
    return True


def _is_an_example(tokens: list[_Token], at: int) -> bool:
    """Return True where "example", at this place, is what the record is said to be: "is a classic example of"."""
    return any(token.text in _BEING for token in tokens[max(0, at - 3) : at])


def _denied_by(tokens: list[_Token], index: int) -> int | None:  # noqa: PLR0911 - a case a word
    """Return the negation that denies this label outright: right before it, but for fillers."""
    passed = 0
    for at in range(index - 1, -1, -1):
        token = tokens[at]
        if token.line != tokens[index].line:
            return None
        if token.is_negation:  # "not positive"; "not only positive" denies nothing
            return None if tokens[at + 1].text in words.NOT_ONLY or _is_negated_itself(tokens, at) else at
        if at and (tokens[at - 1].text, token.text) in words.NEGATION_PAIRS:
            return at
        if token.text in _ALTERNATIVES:  # "neither positive nor negative": denied, since the label before it is
            before = next(
                (other for other in reversed(tokens[:at]) if other.text not in _MARKS and other.text != ","), None
            )
            return at if before is not None and before.denied else None
        if token.text in _MARKS:
            continue
        passed += 1  # "not really at all positive": only fillers, and few of them
        if passed > 5 or token.value is not None or token.text in (",", ";", ":", "but"):
            return None
        if token.text not in _BETWEEN:
            return None
    return None


def _is_negated_itself(tokens: list[_Token], at: int) -> bool:
    """Return True where the clause denies the negation at this place: "not without negative tones"."""
    if not _is_plain_negation(tokens[at]):
        return False
    for token in reversed(tokens[:at]):
        if token.value is not None or token.line != tokens[at].line or token.text in (",", ";", ":", "but", "and"):
            return False
        if _is_plain_negation(token):
            return True
    return False


def _is_plain_negation(token: _Token) -> bool:
    return token.text in ("not", "never", "without", "cannot") or token.text.endswith("n't")


_ALTERNATIVES = frozenset({"or", "oder", "noch", "ou", "o"})
_BETWEEN = words.FILLERS | words.words_of(
    """
    be been being as label labeled labelled classified considered really at all exactly necessarily entirely
    fully particularly especially completely truly any in is way anywhere near even it it's that that's
    es est ist è é är
    """
)
"""Words that may stand between a negation and the label that it denies outright."""


def _is_doubted(tokens: list[_Token], index: int, used: set[int], sentence: str) -> bool:
    """Return True when the label's sentence has a more distant negation, a hedge, a condition or a part of the
    whole: "It might be positive", "Partly positive".
    """
    plain = "".join(token.text if token.value is None else " " for token in tokens)
    if any(sign in plain for sign in (*words.NEGATING_SIGNS, *words.DOUBTING_SIGNS)) and NO_SPACES.search(sentence):
        return True
    # "[ ] positive" is a box that was not ticked.
    if _UNTICKED.search(sentence) or _is_within_quotation(tokens, index) or _is_scored_low(tokens, index):
        return True
    start, end = _scope(tokens, index)
    # "No, it is not right." answers "no": a negation behind a label like yes or no that opens the sentence is a reason.
    opens = tokens[index].text in words.POLAR and all(token.text in _MARKS for token in tokens[:index])
    opens = opens and index + 1 < len(tokens) and tokens[index + 1].text in _CLAUSE_ENDS
    clueless = any(token.text in words.CLUELESS for token in tokens)
    explained = _explanation(tokens, index)
    for at in range(start, end):
        token = tokens[at]
        if token.value is not None or at in used:
            continue
        if token.text == "falls" and at + 1 < len(tokens) and tokens[at + 1].text in ("under", "into", "in", "within"):
            continue  # "It falls under positive": not the German "falls", which is "if"
        if token.text == "example" and at + 1 < index and tokens[at + 1].text == "of" and _is_an_example(tokens, at):
            continue
        # "This can be classified as positive" states it; any other "can" is a hedge.
        if token.text == "can" and _CLASSIFIED.match(" ".join(each.text for each in tokens[at : at + 3])):
            continue
        if at > index and opens and token.is_negation and not clueless:
            continue
        if at >= explained and token.text in words.EXPLAINING:
            continue
        if token.is_negation or token.text in words.DOUBTS or token.text in words.PARTIAL:
            return True
    said = [token.text for token in tokens[start:end]]
    if any(pair in words.NEGATION_PAIRS for pair in pairwise(said)):
        return not any(tokens[at].denied for at in range(start, end) if tokens[at].value is not None)
    # "It would be positive" is a condition; "The label would be positive" is polite.
    return ("would", "be") in pairwise(said) and not {"label", "answer", "classification", "category"} & set(said)


def _explanation(tokens: list[_Token], index: int) -> int:
    """Return the place behind the label where the sentence goes on to explain it; the end where it does not.

    "The sentiment is positive: The writer says that they enjoyed it", "positive, and the writer thanks someone",
    "positive, implying joy and hope". Words for others there are no doubt of the label; hedges and negations are.
    """
    for at in range(index + 1, len(tokens) - 1):
        mark, following = tokens[at].text, tokens[at + 1]
        if mark == ":":
            return at if following.capital else len(tokens)
        if mark == ",":
            goes_on = following.text in ("with", "as") or following.text.endswith("ing")
            if following.text == "and":
                goes_on = at + 2 < len(tokens) and tokens[at + 2].text in _SUBJECTS
            return at if goes_on else len(tokens)
    return len(tokens)


def _is_within_quotation(tokens: list[_Token], index: int) -> bool:
    """Return True when the label is quoted with words before it: then it is someone's, or the record's.

    He says "this is positive" is such a quotation; the label is "positive" is none.
    """
    opened = sum(token.text == '"' for token in tokens[:index]) % 2 == 1
    opened = opened or sum((token.text == "\u201c") - (token.text == "\u201d") for token in tokens[:index]) > 0
    return opened and tokens[index - 1].text not in _MARKS


def _is_scored_low(tokens: list[_Token], index: int) -> bool:
    """Return True when a share below one half stands right behind the label: it is one of several that were weighed.

    "positive 0.2" is scored low; "positive: 80%" is not.
    """
    behind = [token.text for token in tokens[index + 1 :] if token.text not in _MARKS and token.text not in ":=-"]
    if not behind or not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", behind[0]):
        return False
    share = float(behind[0]) / (100 if behind[1:2] == ["%"] else 1)
    return share < 0.5


def _scope(tokens: list[_Token], index: int) -> tuple[int, int]:
    """Return the bounds within which a negation or hedge in the sentence reaches the label.

    "Although not good, it is positive": from behind the comma. "It is not sad; it is positive": from behind the ";".
    "It is positive because nothing is wrong": up to "because".
    """
    start = 0
    if tokens and tokens[0].text in _SUBORDINATE:
        start = next((at + 1 for at in range(index) if tokens[at].text == ","), 0)
    for at in range(start, index):
        text = tokens[at].text
        after_comma = at > 0 and tokens[at - 1].text == ","
        if text in (";", "but", "aber", "mais", "pero", "sondern") or (text in _CONSEQUENCE and after_comma):
            start = at + 1
    end = len(tokens)
    for at in range(index + 1, len(tokens)):
        text = tokens[at].text
        if text in (";", "but", "because", "weil", "porque") or (
            text == "," and at + 1 < len(tokens) and tokens[at + 1].text in words.REASONS
        ):
            end = at
            break
    return start, end


def _tokens(text: str, place: Place, inside: Sequence[tuple[Place, str]]) -> list[_Token]:
    tokens: list[_Token] = []
    at = place[0]
    for (start, end), value in [*inside, ((place[1], place[1]), "")]:
        tokens.extend(
            _Token(
                found[0].casefold().replace("\u2019", "'"),
                found.start(),
                found.end(),
                line=text.count("\n", place[0], found.start()),
                capital=found[0][0].isupper(),
            )
            for found in _TOKEN.finditer(text, at, start)
        )
        if value:
            tokens.append(_Token(text[start:end].casefold(), start, end, value, line=text.count("\n", place[0], start)))
        at = max(at, end)
    return tokens


def _is_picture(token: _Token) -> bool:
    return unicodedata.category(token.text[0]) in ("So", "Sk", "Cf", "Mn")
