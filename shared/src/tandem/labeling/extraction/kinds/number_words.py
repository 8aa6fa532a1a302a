"""Numbers in words: English up to a million, other languages up to ten."""

from __future__ import annotations

import re

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {name: 10 * number for number, name in enumerate(_TENS_FROM_TWENTY.split(), start=2)}
_SMALL = {name: number for number, name in enumerate(_UNITS.split())}
_OTHER_LANGUAGES = (
    "null eins zwei drei vier f\u00fcnf sechs sieben acht neun zehn",
    "z\u00e9ro un deux trois quatre cinq six sept huit neuf dix",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "zero uno due tre quattro cinque sei sette otto nove dieci",
    "zero um dois tr\u00eas quatro cinco seis sete oito nove dez",
    "nul een twee drie vier vijf zes zeven acht negen tien",
    "\u96f6 \u4e00 \u4e8c \u4e09 \u56db \u4e94 \u516d \u4e03 \u516b \u4e5d \u5341",
)
_ELSEWHERE: dict[str, int] = {}
for _language in _OTHER_LANGUAGES:
    for _number, _name in enumerate(_language.split()):
        _ELSEWHERE.setdefault(_name, _number)
_ELSEWHERE.pop("null")  # no number where it is JSON's
_WORDS = re.compile(r"[a-z]+")


def number_in_words(text: str) -> int | None:
    """Return the number that the folded text says in words and nothing else; None when it does not."""
    if text in _ELSEWHERE:
        return _ELSEWHERE[text]
    negative = text.startswith(("minus ", "negative "))
    words = _WORDS.findall(text.partition(" ")[2] if negative else text)
    if not words or re.sub(r"[a-z\s-]", "", text):
        return None
    if "thousand" in words:
        cut = words.index("thousand")
        thousands, rest = _below_thousand(words[:cut]), _below_thousand(words[cut + 1 :]) if words[cut + 1 :] else 0
        number = None if thousands is None or rest is None else 1000 * thousands + rest
    else:
        number = _below_thousand(words)
    return None if number is None else -number if negative else number


def _below_thousand(words: list[str]) -> int | None:
    words = [word for index, word in enumerate(words) if not (word == "and" and 0 < index < len(words) - 1)]
    if "hundred" in words:
        cut = words.index("hundred")
        hundreds = _below_hundred(words[:cut]) if words[:cut] != ["a"] else 1
        rest = _below_hundred(words[cut + 1 :]) if words[cut + 1 :] else 0
        return None if hundreds is None or rest is None or not 0 < hundreds < 10 else 100 * hundreds + rest
    return _below_hundred(words)


def _below_hundred(words: list[str]) -> int | None:
    match words:
        case [word]:
            return _SMALL.get(word, _TENS.get(word))
        case [tens, unit] if tens in _TENS and 0 < _SMALL.get(unit, 0) < 10:
            return _TENS[tens] + _SMALL[unit]
        case _:
            return None
