"""Answers of every kind, by the simplest means: nearest labels, numbers and names in the text, its first words.

All of it is weak; the probabilities of labels are the classifier's own, the others are made up.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence

from tandem.runtime.openai_chat import AnswerTokens
from tandem_local.annotator.classifier import Classifier
from tandem_local.annotator.properties import NestedObject, Number, OneOf, Phrases, Property, SomeOf, Text

MOST_LABELS = 2
"""Limit of labels in a list; what a schema allows at most does not reach a model."""
MOST_PHRASES = 8
MOST_WORDS = 12
MOST_CHARACTERS = 80
_STATED = "confidence"
_EVEN = 1.5
"""A label enters a list if its probability is at least this multiple of an even share."""
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?")
_NAME = re.compile(r"(?<!\w)[A-Z][\w'\u2019-]*(?: [A-Z][\w'\u2019-]*)*")
_SENTENCE_ENDS = (".", "!", "?", ":", "\n", '"')


Correct = Callable[[str, Mapping[str, float]], Mapping[str, float]]
"""From the name of a property and the zero-shot probabilities of its options to what was learned of them."""


class Answerer:
    """Answers a record with a JSON object of the properties that are asked for."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def answer(
        self,
        properties: Sequence[tuple[str, Property]],
        text: str,
        descriptions: Mapping[str, str],
        correct: Correct = lambda _, prior: prior,
    ) -> AnswerTokens:
        """Return the answer's tokens, with their alternatives. `descriptions`: what is said of an option."""
        answer = AnswerTokens()
        self._object(answer, properties, text, descriptions, correct=correct)
        return answer

    def _object(
        self,
        answer: AnswerTokens,
        properties: Sequence[tuple[str, Property]],
        text: str,
        descriptions: Mapping[str, str],
        phrase: str | None = None,
        *,
        correct: Correct | None = None,
    ) -> None:
        for index, (name, shape) in enumerate(properties):
            answer.add(("{" if index == 0 else ", ") + json.dumps(name, ensure_ascii=False) + ": ")
            if name == _STATED and shape == Number(0, 100, whole=True):
                answer.add(str(round(100 * answer.lowest)))
            elif isinstance(shape, Text) and phrase is not None:
                answer.add(json.dumps(phrase, ensure_ascii=False))
            elif correct is not None and isinstance(shape, OneOf) and not shape.nullable:
                prior = self._classifier.probabilities(text, shape.options, descriptions)
                _one(answer, correct(name, prior))
            else:
                self._value(answer, shape, text if phrase is None else phrase, descriptions)
        answer.add("}")

    def _value(self, answer: AnswerTokens, shape: Property, text: str, descriptions: Mapping[str, str]) -> None:
        match shape:
            case OneOf(nullable=True):
                answer.add("null")
            case OneOf(options=options):
                _one(answer, self._classifier.probabilities(text, options, descriptions))
            case SomeOf(options=options):
                self._some(answer, options, text, descriptions)
            case Number():
                _number(answer, shape, text)
            case Text():
                answer.add(json.dumps(first_words(text), ensure_ascii=False))
            case NestedObject(properties=properties):
                self._object(answer, properties, text, descriptions)
            case Phrases(properties=properties):
                answer.add("[")
                for index, phrase in enumerate(names_in(text)):
                    answer.add(", " if index else "")
                    self._object(answer, properties, text, descriptions, phrase)
                answer.add("]")

    def _some(self, answer: AnswerTokens, options: tuple[str, ...], text: str, descriptions: Mapping[str, str]) -> None:
        """Add labels, each in or out on its own, in the order of the options; at each place one follows, or the end."""
        shares = self._classifier.probabilities(text, options, descriptions)
        inside = {option: share * len(options) / (share * len(options) + _EVEN) for option, share in shares.items()}
        likeliest = sorted(inside, key=inside.__getitem__, reverse=True)
        taken = {option for option in likeliest[:MOST_LABELS] if inside[option] >= 0.5} or set(likeliest[:1])
        left = list(options)
        begun = False
        for option in [each for each in options if each in taken] + [None]:
            opening, end = ('", "', '"]') if begun else ('["', "[]")
            branches = {}
            rest = 1.0
            for each in left:
                branches[opening + _inside(each)] = rest * inside[each]
                rest *= 1 - inside[each]
            answer.choose(end if option is None else opening + _inside(option), branches | {end: rest})
            if option is not None:
                begun = True
                left = left[left.index(option) + 1 :]


def _one(answer: AnswerTokens, probabilities: Mapping[str, float]) -> None:
    chosen = max(probabilities, key=probabilities.__getitem__)
    answer.add('"')
    answer.choose(_inside(chosen), {_inside(option): share for option, share in probabilities.items()})
    answer.add('"')


def _number(answer: AnswerTokens, shape: Number, text: str) -> None:
    """Add the first number of the text in range, the others half as likely each; else the middle, or the least."""
    found = [float(each.replace(",", "")) for each in _NUMBER.findall(text)]
    fitting = [
        each for each in found if shape.minimum <= each <= shape.maximum and (each.is_integer() or not shape.whole)
    ]
    middle = math.floor((shape.minimum + shape.maximum) / 2) if shape.whole else (shape.minimum + shape.maximum) / 2
    said = list(dict.fromkeys(f"{each:.15g}" for each in fitting or (shape.minimum, middle)))
    answer.choose(said[0], {each: 0.5**rank for rank, each in enumerate(said, start=1)})


def names_in(text: str) -> list[str]:
    """Return what begins with capitals, each once; a single word at the start of a sentence counts as a common one."""
    found: dict[str, None] = {}
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip(" ")
        if match[0] == "I" or match[0].startswith(("I'", "I\u2019")):
            continue
        if " " not in match[0] and (not before or before.endswith(_SENTENCE_ENDS)):
            continue
        found[match[0]] = None
    return list(found)[:MOST_PHRASES]


def first_words(text: str) -> str:
    """Return the first words of the text, on one line, up to the end of a sentence."""
    words = text.split()[:MOST_WORDS]
    for index, word in enumerate(words):
        if index >= 2 and word.endswith((".", "!", "?")):
            words = words[: index + 1]
            break
    return " ".join(words)[:MOST_CHARACTERS].rstrip() or "-"


def _inside(option: str) -> str:
    """Return the option as it appears between the quotes of a JSON string."""
    return json.dumps(option, ensure_ascii=False)[1:-1]
