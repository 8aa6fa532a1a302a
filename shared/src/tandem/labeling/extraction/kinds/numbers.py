"""Values of number tasks: with units, separators, as words, as a share of the maximum; never clamped, never rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tandem.events.schema import NumberTask
from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers
from tandem.labeling.extraction.kinds.number_words import number_in_words
from tandem.labeling.extraction.kinds.options import separated
from tandem.labeling.extraction.outcome import ambiguous, generic_member, loosened, not_in_schema, out_of_range, quoted
from tandem.labeling.normalization import fold
from tandem.labeling.reading import Place, Reading, Rule, Unreadable, UnreadableReason
from tandem.labeling.values import problem_with

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DIGITS = r"(?:\d{1,3}(?:[_ \u00a0\u202f',.\u2019]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?"
_BEFORE = r"(?:about|around|approximately|approx\.?|roughly|~|\u2248|=|exactly)?"
_NUMBER = re.compile(
    rf"{_BEFORE}\s*(?P<sign>[+\-\u2212\u2013]?)\s*(?P<before>(?:us)?[$\u20ac\u00a3\u00a5]|[A-Z]{{3}}(?=\s))?\s*(?P<number>{_DIGITS})"
    r"(?!\d)\s*(?P<after>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SHARE = re.compile(
    rf"(?P<number>{_DIGITS})\s*\(?\s*(?:/|out\s+of|of|von|sur|de|su|\u2044)\s*(?P<whole>{_DIGITS})\s*\)?\s*(?P<after>.*)",
    re.IGNORECASE | re.DOTALL,
)
_PERCENT = ("%", "percent", "per cent", "pct", "prozent", "\uff05")
_COUNTED = frozenset({"star", "stars", "point", "points", "pts", "score", "\u2605", "\u2b50", "sterne", "\u00e9toiles"})
"""Words in which a rating is counted, where the task has no unit."""
_UNITS = {
    "$": "usd", "us$": "usd", "us dollars": "usd", "\u20ac": "eur", "euro": "eur", "euros": "eur", "\u00a3": "gbp",
    "\u00a5": "jpy", "yen": "jpy", "c": "\u00b0c", "\u00b0": "\u00b0c", "degrees": "\u00b0c", "celsius": "\u00b0c",
    "degrees celsius": "\u00b0c", "\u00b0 c": "\u00b0c", "degree": "\u00b0c", "kilometers": "km", "kilometres": "km",
    "kilometer": "km", "meters": "m", "metres": "m", "meter": "m", "kilograms": "kg", "kilogram": "kg", "kilos": "kg",
    "grams": "g", "gram": "g", "minutes": "min", "minute": "min", "mins": "min", "hours": "h", "hour": "h",
    "hrs": "h", "seconds": "s", "second": "s", "secs": "s", "percent": "%", "per cent": "%", "pct": "%",
}  # fmt: skip
"""Other ways to write a unit. Degrees alone are what the task counts in."""
_THOUSANDS = {"k": 1_000, "thousand": 1_000, "million": 1_000_000, "mn": 1_000_000}
_RANGE = re.compile(
    r"(?:to|or|and|bis|oder|und|\u00e0|a|o|y|ou|et|[-\u2013\u2014,;/~]|\s)*[-+\u2212]?\d[\d.,]*(?!.*\d)"
)
"""A second number, in what stands behind the first."""
_TAKEN_BACK = (
    r"[\s,;.!\u2026\u2013\u2014-]+(?:no|wait|sorry|oops|rather|scratch that|make (?:that|it)|i mean)\b[^\n]*\d"
)
"""Another number in the first one's place: "4, no, 3"."""
_SECOND = (
    r"\s*(?:to|or|and|bis|oder|und|\u00e0|a|o|y|ou|et|[-\u2013\u2014,;/~&])\s*"
    r"(?:[A-Z]{0,3}[$\u20ac\u00a3\u00a5]|(?-i:[A-Z]{3}))?\s*\d"
)
"""The same right behind the number in prose, a currency before it or not."""
_UNIT_KEYS = frozenset({"unit", "units", "currency"})
_LONGEST = 60
_THREE_DIGITS = re.compile(r"[1-9]\d{0,2},\d{3}")


class NumberReader:
    def __init__(self, task: NumberTask) -> None:
        self._task = task
        self._unit = _unit(task.unit)
        unit = rf"|{re.escape(task.unit)}" if task.unit else ""
        value = (
            rf"(?P<value>[-\u2212+$\u20ac\u00a3]?{_DIGITS}(?:\s*(?:/|out of)\s*{_DIGITS})?"
            rf"(?:\s*(?:%|stars?|points?{unit})(?!\w))?)"
        )
        rest = (
            rf"[*_`\"']*(?!{_SECOND})(?!{_TAKEN_BACK})(?=\s*(?:$|[.;,!)\n](?!\d)|[-\u2013\u2014(]\s*(?!\d)|"
            r"(?:because|since|as|for|given|due|based|overall|here)\b))"
        )
        name = re.escape(task.name).replace(r"\ ", r"[\s_-]+").replace("_", r"[\s_-]+")
        self._at_first = re.compile(rf"\A\s*(?!\d+[.)]\s)[*_`\"']*{value}{rest}", re.IGNORECASE)
        self._framed = re.compile(
            rf"\b(?:{name}|rating|rate|rated|score|scored|answer|estimate|give|giving|gave|assign)\b"
            rf"(?P<between>(?:\s+(?:this|it|the|that|a|an|of|for|to|is|be|would|as|at|with|my|record|review|text|movie|"
            rf"product|solid|strong|full|about|score|rating|value|final|overall|={unit})|\s*[:=])*)\s+[*_`\"']*{value}{rest}",
            re.IGNORECASE,
        )

    def in_json(self, node: Node, fields: Mapping[str, str]) -> Reading | Unreadable:
        if node.kind is JsonTokenKind.NUMBER:
            return self._checked({float(node.text)}, Rule.STRUCTURED, node.place, in_json=True)
        if node.kind is JsonTokenKind.STRING:
            found = self._spelled(node.text)
            if isinstance(found, Unreadable):
                return found
            return self._checked(found, Rule.NORMALIZED, node.place, in_json=True)
        if node.kind is JsonTokenKind.LIST and len(node.items) == 1:
            return loosened(self.in_json(node.items[0], fields), Rule.NORMALIZED)
        if node.kind is JsonTokenKind.OBJECT and (inner := generic_member(node)) is not None:
            return loosened(self.unless_in_other_unit(self.in_json(inner, fields), node), Rule.NORMALIZED)
        return not_in_schema(f"{self._task.name!r} wants a number")

    def unless_in_other_unit(self, found: Reading | Unreadable, beside: Node) -> Reading | Unreadable:
        """Return what was read, unless a member of the object gives a unit that is not the task's."""
        if not self._unit or isinstance(found, Unreadable):
            return found
        for key, value in beside.members:
            told = value.text.strip() if value.kind is JsonTokenKind.STRING and separated(key) in _UNIT_KEYS else ""
            if told and _unit(told) != self._unit:
                return self._other_unit(f"{found.value} {told}")
        return found

    def in_text(self, stretch: Stretch, fields: Mapping[str, str]) -> Reading | Unreadable:  # noqa: ARG002 - as spans do
        problem = not_in_schema(f"{self._task.name!r} wants a number")
        for layer in _without_list_marks(stretch):
            found = self._spelled(layer.text)
            if not isinstance(found, Unreadable):
                rule = Rule.EXACT if _PLAIN.fullmatch(stretch.text) else Rule.NORMALIZED
                return self._checked(found, rule, _number_place(layer))
            problem = found
        return problem

    def mistyped(self, stretch: Stretch) -> None:
        """Return None: no number is read by likeness."""

    def asserted(self, stretch: Stretch) -> Reading | Unreadable:
        """Read prose that gives one number as the answer: "I'd rate this 4 out of 5", "The score is 4 because ..."."""
        text = stretch.text
        found = [*self._at_first.finditer(text), *self._framed.finditer(text)]
        readings: dict[float, Reading] = {}
        for match in found:
            value = stretch.part(*match.span("value")).stripped()
            reading = self.in_text(value, {})
            if isinstance(reading, Unreadable):
                return reading
            if isinstance(reading.value, float):
                readings.setdefault(reading.value, reading)
        if len(readings) > 1:
            return ambiguous(f"{number:g}" for number in readings)
        if not readings:
            return not_in_schema(f"{self._task.name!r} wants a number")
        return loosened(next(iter(readings.values())), Rule.MENTION)

    def _checked(self, found: set[float], rule: Rule, place: Place, *, in_json: bool = False) -> Reading | Unreadable:
        """Return the only one of some ways to read a number that the task allows."""
        problems = {number: problem_with(self._task, number) for number in found}
        allowed = [number for number, problem in problems.items() if problem is None]
        if len(allowed) > 1:
            return ambiguous(f"{number:g}" for number in allowed)
        if not allowed:
            return out_of_range(f"{self._task.name!r}: {next(iter(problems.values()))}")
        return Reading(allowed[0] + 0.0, rule, (place,), in_json=in_json)

    def _spelled(self, text: str) -> set[float] | Unreadable:  # noqa: PLR0911 - a way to write it a return
        """Return the numbers that this text may spell, whole; more than one where a comma may be either."""
        text = text.replace("**", "")
        text = text.strip().rstrip(".!") if not _PLAIN.fullmatch(text.strip()) else text.strip()
        if len(text) > _LONGEST:
            return self._none(text)
        if (words := self._in_words(text)) is not None:
            return {float(words)}
        if share := _SHARE.fullmatch(text):
            return self._share(share, text)
        found = _NUMBER.fullmatch(text)
        if found is None:
            return self._none(text)
        numbers = _numbers(found["number"])
        if found["sign"] and found["sign"] != "+":
            numbers = {-number for number in numbers}
        numbers, after = self._multiplied(numbers, found["after"])
        if found["before"]:
            before = _unit(found["before"])
            if before != self._unit or (after and after != self._unit):
                return self._other_unit(text)
        elif any(after == word for word in _PERCENT):
            return self._percent(numbers, text)
        elif any(char.isdigit() for char in after) and _RANGE.match(after) is None:
            return self._none(text)
        elif after and after != self._unit and not (not self._unit and after in _COUNTED):
            if any(char.isdigit() for char in after):
                return Unreadable(UnreadableReason.AMBIGUOUS, f"{quoted(text)} holds more than one number")
            return self._other_unit(text)
        return numbers

    def _multiplied(self, numbers: set[float], after: str) -> tuple[set[float], str]:
        """Return the numbers and the unit behind them, `12k` and `3 million USD` multiplied out."""
        first, _, rest = fold(after).partition(" ")
        factor = _THOUSANDS.get(first.strip(".*_`\"'"))
        if factor is None or _unit(first) == self._unit:
            return numbers, _unit(after)
        return {number * factor for number in numbers}, _unit(rest)

    def _in_words(self, text: str) -> int | None:
        folded = fold(text)
        for unit in (fold(self._task.unit), *sorted(_COUNTED)) if not self._task.unit else (fold(self._task.unit),):
            if unit and folded.endswith(" " + unit):
                folded = folded[: -len(unit) - 1]
                break
        return number_in_words(folded)

    def _share(self, share: re.Match[str], text: str) -> set[float] | Unreadable:
        after = _unit(share["after"])
        if self._task.maximum in _numbers(share["whole"]) and (not after or after == self._unit or after in _COUNTED):
            return _numbers(share["number"])
        return Unreadable(
            UnreadableReason.AMBIGUOUS, f"{quoted(text)} is a share of something else than {self._task.maximum:g}"
        )

    def _percent(self, numbers: set[float], text: str) -> set[float] | Unreadable:
        if self._unit in _PERCENT or (not self._unit and self._task.maximum == 100):
            return numbers
        if not self._unit and self._task.maximum <= 1:
            return {number / 100 for number in numbers}
        return self._other_unit(text)

    def _other_unit(self, text: str) -> Unreadable:
        wanted = f"in {self._task.unit}" if self._task.unit else "without a unit"
        return not_in_schema(f"{quoted(text)} is no number {wanted} for {self._task.name!r}")

    def _none(self, text: str) -> Unreadable:
        return not_in_schema(f"{quoted(text)} is no number for {self._task.name!r}")


def _numbers(text: str) -> set[float]:
    """Return the numbers that digits with points and commas may mean. A point alone is a decimal point."""
    text = re.sub(r"[ \u00a0\u202f'\u2019_]", "", text)
    mantissa, mark, exponent = re.split(r"([eE])", text)[0], *(re.split(r"([eE])", text)[1:] or ["", ""])
    tail = mark + exponent
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas and points:
        decimal = max(mantissa.rfind(","), mantissa.rfind("."))
        other = "," if mantissa[decimal] == "." else "."
        if mantissa.count(mantissa[decimal]) > 1:
            return {float(re.sub("[.,]", "", mantissa) + tail)}
        return {float(mantissa.replace(other, "").replace(",", ".") + tail)}
    if commas > 1 or points > 1:
        return {float(re.sub("[.,]", "", mantissa) + tail)}
    if _THREE_DIGITS.fullmatch(mantissa):
        return {float(mantissa.replace(",", "") + tail), float(mantissa.replace(",", ".") + tail)}
    return {float(mantissa.replace(",", ".") + tail)}


def _unit(text: str) -> str:
    folded = fold(text).strip(" .*_`\"'")
    return _UNITS.get(folded, folded)


def _without_list_marks(stretch: Stretch) -> list[Stretch]:
    """Return the layers, without those that would take a sign for a bullet or a number for its list's."""
    found = layers(stretch)
    first = found[0].text
    if re.match(r"[-+\u2013<>]\s*\d|\d+[.)]\s", first):
        return found[:1]
    return found


def _number_place(stretch: Stretch) -> Place:
    """Return where the digits stand, with their sign; all of the stretch for a number in words."""
    found = re.search(rf"[+\-\u2212]?(?:{_DIGITS})", stretch.text)
    return stretch.bare().place if found is None else stretch.part(*found.span()).place
