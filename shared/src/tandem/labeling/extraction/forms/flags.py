"""Labels with a yes or no to each: `food: yes`, `- [x] food`, a table of ticks, `{"food": true}`.

Only where every piece is a label with its flag; a piece without one may mean anything by the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import layers, unbulleted
from tandem.labeling.extraction.kinds.options import separated
from tandem.labeling.normalization import fold

_FLAGS = {
    **dict.fromkeys(
        ("yes", "true", "y", "\u2713", "\u2714", "\u2705", "\u2611", "[x]", "present", "mentioned", "applies",
         "ja", "oui", "s\u00ed", "\u662f"), True),
    **dict.fromkeys(
        ("no", "false", "n", "\u2717", "\u2718", "\u274c", "\u2610", "[ ]", "[]", "absent", "not present",
         "not mentioned", "does not apply", "nein", "non", "\u5426"), False),
}  # fmt: skip
_DIGITS = {"1": True, "0": False}
_BOX = re.compile(
    r"(?P<flag>\[[ xX]?\]|[\u2713\u2714\u2705\u2611\u2717\u2718\u274c\u2610]\ufe0f?)\s*(?P<label>\S.*)", re.DOTALL
)
_BEHIND = re.compile(
    r"(?P<label>.*\S)\s*(?:[:=\uff1a|\u2192]|->|=>|\s[-\u2013\u2014]\s|(?=\())\s*(?P<flag>[^:=\uff1a|]+)", re.DOTALL
)
_ALONE = re.compile(r"(?P<label>.*\S)\s+(?P<flag>[\u2713\u2714\u2705\u2611\u2717\u2718\u274c\u2610]\ufe0f?)", re.DOTALL)
_RULE = re.compile(r"[\s|:+=-]+")
LONGEST = 300
"""Maximum characters; a longer piece is no label with a flag."""
_SHARES = frozenset({"score", "probability", "relevance", "weight", "prob", "likelihood"})


def flag_in(node: Node) -> bool | None:
    """Return what a value of JSON says as a flag; None where it is none."""
    if node.kind is JsonTokenKind.BOOLEAN:
        return node.text == "true"
    return _FLAGS.get(fold(node.text)) if node.kind is JsonTokenKind.STRING else None


def flags_in(node: Node) -> list[tuple[str, bool]] | None:
    """Return the object's keys, each with its flag; None where one has none.

    Digits are flags where there is a zero too.
    """
    if all(value.text in _DIGITS and value.kind is JsonTokenKind.NUMBER for _, value in node.members):
        flags = [(key, _DIGITS[value.text]) for key, value in node.members]
        return None if all(flag for _, flag in flags) else flags
    found = [(key, flag_in(value)) for key, value in node.members]
    return None if any(flag is None for _, flag in found) else [(key, bool(flag)) for key, flag in found]


def is_denied_beside(item: Node, label: Node) -> bool:
    """Return True when another member of the object denies the label, or gives it less than half."""
    for key, value in item.members:
        if value is label:
            continue
        if flag_in(value) is False or value.kind is JsonTokenKind.NULL:
            return True
        if value.kind is JsonTokenKind.NUMBER and separated(key) in _SHARES and float(value.text) < 0.5:
            return True
    return False


def flagged(stretch: Stretch) -> list[tuple[Stretch, bool]] | None:
    """Return the labels of the text, each with its flag; None where a piece is anything else."""
    found: list[tuple[Stretch, bool | None]] = []
    for piece in _pieces(stretch):
        if len(piece.text) > LONGEST:
            return None
        match = _BOX.fullmatch(piece.text) or _BEHIND.fullmatch(piece.text) or _ALONE.fullmatch(piece.text)
        if match is None:
            return None
        written = fold(match["flag"].replace("\ufe0f", ""))
        flag = _FLAGS.get(written, _DIGITS.get(written))
        if flag is None:
            flag = _FLAGS.get(fold(layers(Stretch.whole(match["flag"]))[-1].text))
        found.append((piece.part(*match.span("label")), flag))
    if not found or any(flag is None for _, flag in found):
        return None
    return [(label, bool(flag)) for label, flag in found]


def _pieces(stretch: Stretch) -> Iterator[Stretch]:
    """Yield the lines, without a table's head; of a single line the parts between commas or semicolons."""
    lines = list(stretch.lines())
    if len(lines) > 2 and _RULE.fullmatch(lines[1].text) and "|" in lines[1].text:
        lines = lines[2:]
    for line in lines:
        inner = unbulleted(line)
        if len(inner.text) > 2 and inner.text.startswith("|") and inner.text.endswith("|"):
            inner = inner.part(1, len(inner.text) - 1).stripped()
        if len(lines) > 1:
            yield inner
            continue
        at = 0
        for mark in re.finditer(r"\s*[,;]\s*|$", inner.text):
            if (part := inner.part(at, mark.start()).stripped()).text:
                yield part
            at = mark.end()
