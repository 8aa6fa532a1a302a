"""The confidence that the model states. Models overstate: calibrate a stated confidence before trusting it."""

from __future__ import annotations

import math
import re
from typing import Any

from tandem.labeling.confidence.measure import Confidence, Method, UnknownReason
from tandem.labeling.extraction.forms.reasoning import without_reasoning
from tandem.labeling.extraction.forms.stretch import Stretch

PROPERTY = "confidence"
"""Name of the confidence property of the JSON answer, and of its line in text. One number for the record: how sure the
model is that all of its answer is right."""

_NUMBER = r"(?:\d+(?:[.,]\d+)?|\.\d+)"
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:[%\uff05]|per\s?cent\b)", re.IGNORECASE)
_OUT_OF = re.compile(rf"({_NUMBER})\s*(?:/|out of)\s*({_NUMBER})", re.IGNORECASE)
_PLAIN = re.compile(_NUMBER)
_LINE = re.compile(rf"^[\s*_>#-]*{PROPERTY}[\s*_]*[:=\uff1a][\s*_]*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_MEMBER = re.compile(rf'["\']{PROPERTY}["\']\s*:\s*("[^"]*"|[^\s,}}\]]+)', re.IGNORECASE)
_LONGEST = 40
_TENTHS = 10


def stated(value: Any) -> Confidence | UnknownReason:
    """Return the confidence in what the model gave as such: a number or a text.

    Read are shares of one (`0.85`), per cent (`85 %`, `85`) and shares of another whole (`8/10`). A plain number from
    1 to 10 may be per cent, tenths or, as `1`, certainty, and is not read; neither are words, which are no number, and
    numbers beyond the scale.
    """
    if value is None or isinstance(value, bool):
        return UnknownReason.NOT_STATED if value is None else UnknownReason.STATED_UNCLEAR
    share = _share(str(value).strip().strip("\"'`*_").rstrip(".!;, "))
    if share is None or not 0 <= share <= 1:
        return UnknownReason.STATED_UNCLEAR
    return Confidence(share, None, None, None, Method.STATED)


def stated_in_answer(answer: str) -> Confidence | UnknownReason:
    """Return the confidence stated in an answer: a member `"confidence": 85` of JSON, or a line `Confidence: 85%` of
    text.

    Two that say different things are unclear.
    """
    said = without_reasoning(Stretch.whole(answer)).text
    found = {match[1] for pattern in (_MEMBER, _LINE) for match in pattern.finditer(said)} - {"null", "None"}
    if not found:
        return UnknownReason.NOT_STATED
    confidences = {stated(each) for each in found}
    return confidences.pop() if len(confidences) == 1 else UnknownReason.STATED_UNCLEAR


def _share(text: str) -> float | None:
    if len(text) > _LONGEST:
        return None
    if match := _PERCENT.fullmatch(text):
        return _float(match[1]) / 100
    if match := _OUT_OF.fullmatch(text):
        whole = _float(match[2])
        return _float(match[1]) / whole if whole > 0 else None
    return _plain_share(text) if _PLAIN.fullmatch(text) else None


def _plain_share(text: str) -> float | None:
    number = _float(text)
    if number == 1 and text != "1":
        return 1.0  # `1.0` is a share
    if 1 <= number <= _TENTHS:
        return None
    return number if number < 1 else number / 100


def _float(text: str) -> float:
    number = float(text.replace(",", "."))
    return number if math.isfinite(number) else math.nan
