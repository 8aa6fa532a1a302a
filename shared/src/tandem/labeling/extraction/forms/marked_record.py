"""The record repeated with its spans marked: `<PERSON>Ada</PERSON> met [Bob](PERSON).`"""

from __future__ import annotations

import re

from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.kinds.options import OptionMatch, OptionTable
from tandem.labeling.extraction.kinds.span_claims import SpanClaim
from tandem.labeling.reading import Place, Rule

_MARK = re.compile(
    r"<(?P<tag>[^<>/\n]{1,80})>|</(?P<end>[^<>/\n]{1,80})>|\[(?P<quote>[^\[\]]+)\]\((?P<link>[^()\n]{1,80})\)"
)


def marked(stretch: Stretch, record: str, labels: OptionTable) -> list[SpanClaim] | None:
    """Return what is marked, at its place; None where the text without the marks is not the record."""
    plain = ""
    at = 0
    opened: list[tuple[str, int, Place]] = []
    found: list[tuple[int, int, str, Place]] = []
    text = stretch.text
    for mark in _MARK.finditer(text):
        name = mark["tag"] or mark["end"] or mark["link"]
        label = _only(labels.spelled(name))
        if label is None:
            continue
        plain += text[at : mark.start()]
        at = mark.end()
        if mark["tag"]:
            opened.append((label, len(plain), stretch.part(*mark.span("tag")).place))
        elif mark["end"]:
            if not opened or opened[-1][0] != label:
                return None
            _, start, place = opened.pop()
            found.append((start, len(plain), label, place))
        else:
            start, plain = len(plain), plain + mark["quote"]
            found.append((start, len(plain), label, stretch.part(*mark.span("link")).place))
    plain += text[at:]
    shift = len(record) - len(record.lstrip()) - (len(plain) - len(plain.lstrip()))
    if opened or not found or plain.strip() != record.strip():
        return None
    return [
        SpanClaim(
            record[start + shift : end + shift], label, place, Rule.NORMALIZED, start=start + shift, end=end + shift
        )
        for start, end, label, place in found
    ]


def _only(match: OptionMatch | None) -> str | None:
    return None if match is None else match.only
