"""Wrapping around a value: bullets, brackets, tags, LaTeX. Removed layer by layer, the place kept exact."""

from __future__ import annotations

import re

from tandem.labeling.extraction.forms.stretch import Stretch

GENERIC_NAMES = frozenset(
    {
        "answer", "final answer", "label", "final label", "labels", "class", "classification", "category", "output",
        "result", "prediction", "predicted label", "response", "value", "choice", "decision", "verdict", "conclusion",
        "the answer", "the label", "correct answer", "correct label", "my answer", "final classification",
        "final output", "final verdict", "final decision", "final choice", "my choice", "best choice", "best match",
        "best fit", "selected label", "selected option", "chosen label", "predicted class", "predicted category",
        "kategorie", "klasse", "cat\u00e9gorie", "classe", "categor\u00eda", "clase", "categoria", "\u7c7b\u522b",
        "\u5206\u7c7b", "\u5206\u985e", "\u30e9\u30d9\u30eb", "\uc815\ub2f5", "\ub2f5", "\ubd84\ub958",
        "\u043a\u0430\u0442\u0435\u0433\u043e\u0440\u0438\u044f", "\u043a\u043b\u0430\u0441\u0441",
        "\u0627\u0644\u0625\u062c\u0627\u0628\u0629", "\u0627\u0644\u062a\u0635\u0646\u064a\u0641", "antwort",
        "r\u00e9ponse", "respuesta", "risposta", "resposta", "etiqueta", "\u7b54\u6848", "\u6807\u7b7e",
        "\u7b54\u3048", "\u043e\u0442\u0432\u0435\u0442",
    }
)  # fmt: skip
"""Names that models give to the one requested value, whatever the task is named."""

_BULLET = re.compile(r"(?:[-*+\u2022\u2013]\s+|>\s*|#{1,6}\s+|\(?\d{1,2}[.)]\s+|\(?[A-Za-z][.)]\s+)")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "\u3010": "\u3011"}
_BOXED = re.compile(r"\$*\s*\\(?:boxed|text|textbf|mathrm|mathbf)\s*\{(.*)\}\s*\$*", re.DOTALL)
_ELEMENT = re.compile(r"<([^\W\d][\w -]*)>(.*)</\1>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(
    r"```(?:json|jsonc|markdown|md|plain|plaintext|text|txt)?[ \t]*\n(.*?)\s*```", re.DOTALL | re.IGNORECASE
)
"""Any other first word of a fence may be a part of the answer, such as "not"."""
_REMARK = re.compile(
    r"(?P<label>[^()]*\S)\s*\(\s*(?:0?\.[5-9]\d*|1(?:\.0+)?|(?:[5-9]\d|100)(?:\.\d+)?\s*%|"
    r"(?:very )?(?:strong|clear|explicit|high|severe)|mild|moderate|medium|main|primary|secondary|mentioned|present|"
    r"high confidence)\s*\)",
    re.IGNORECASE,
)
"""Any other remark may deny the label in words that no list holds."""
_PICTURE = (
    r"(?![\u2610\u2612\u26d4\u2716-\u2718\u274c-\u274e\u2753-\u2755\U0001f44e\U0001f6ab\U0001f645\U0001f937])"
    r"[\s\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]"
)
"""A picture at the edge of a value; none that denies or asks (crosses, empty boxes, question marks, thumbs down)."""
_PICTURES = re.compile(rf"^(?:{_PICTURE})+|(?:{_PICTURE})+$")
_LONGEST_REMARKED = 300
"""Maximum characters; a longer text is no label with a remark."""
_LAYERS = 8


def unfenced(stretch: Stretch) -> Stretch:
    """Return the inside of a code fence that encloses the whole stretch."""
    found = _FENCE.fullmatch(stretch.stripped().text)
    return stretch if found is None else stretch.stripped().part(*found.span(1))


def unbulleted(stretch: Stretch) -> Stretch:
    """Without a list item's mark, a heading's or a quotation's before it."""
    stretch = stretch.stripped()
    while found := _BULLET.match(stretch.text):
        stretch = stretch.part(found.end(), stretch.end - stretch.start).stripped()
    return stretch


def without_remark(text: str) -> str:
    """Return the stretch without pictures around it, and without a remark in brackets behind it on how strongly it
    holds.
    """
    if len(text) > _LONGEST_REMARKED:
        return text
    text = _PICTURES.sub("", text)
    found = _REMARK.fullmatch(text)
    return text if found is None else found["label"]


def layers(stretch: Stretch) -> list[Stretch]:
    """Return the stretch, then what is left of it as each layer around it is removed."""
    found = [stretch.stripped()]
    for _ in range(_LAYERS):
        inner = _inner(found[-1])
        if inner is None or inner.start >= inner.end:
            break
        found.append(inner)
    return found


def _inner(stretch: Stretch) -> Stretch | None:
    text = stretch.text
    for pattern, group in ((_FENCE, 1), (_BOXED, 1), (_ELEMENT, 2)):
        if found := pattern.fullmatch(text):
            return stretch.part(*found.span(group)).stripped()
    if len(text) > 1 and _BRACKETS.get(text[0]) == text[-1] and not any(mark in text[1:-1] for mark in "()[]{}<>"):
        return stretch.part(1, len(text) - 1).stripped()
    for inner in (unbulleted(stretch), stretch.bare()):
        if inner != stretch:
            return inner
    return None
