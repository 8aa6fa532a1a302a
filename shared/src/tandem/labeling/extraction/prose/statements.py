"""Statements at an answer's end or beginning: `So the answer is X.`, or X on its own line before or behind the
reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import unbulleted

_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able|not allowed)|i (?:can(?:no|')t|cannot|won't|will not|must decline)|"
    r"as an ai\b|i apologi[sz]e|unable to (?:assist|help|comply|provide|label|classify)|es tut mir leid|"
    r"je suis d\u00e9sol|lo siento|\u5bf9\u4e0d\u8d77|\u62b1\u6b49|\u7533\u3057\u8a33)",
    re.IGNORECASE,
)
_RETRACTION = re.compile(
    r"(?:^|[.!?\u2026\n]\s*|[\u2014\u2013-]\s+)[*_\"']*(?:oh |but )?"
    r"(?:wait|actually|correction|on second thoughts?|scratch that|hmm+|oops|sorry|no\b|"
    r"let me (?:re|correct|think)|my mistake|i was wrong|i made)",
    re.IGNORECASE,
)
_FLAT = re.compile(
    r"[\W_]*(?:oh |but |no,? )?(?:wait,? no\b|oops|scratch that|my mistake|i was wrong|correction|on second thoughts?|"
    r"(?:wait\b|hmm+|actually)?[\s,.!\u2026\u2014-]*let me (?:re-?(?:consider|think|evaluate|check|assess|analy[sz]e|"
    r"read|do|view|count|calculate|examine)|"
    r"think (?:again|about)|correct|double)|"
    r"(?:wait|hmm+)\s*[,.!\u2026]*\s*$|"
    r"(?:wait\b|hmm+|actually)[\s,.!\u2026\u2014-]*i (?:really )?"
    r"(?:can(?:no|['\u2019])t|could(?:n['\u2019]t| not)|do(?:n['\u2019]t| not)) (?:really )?"
    r"(?:tell|say|decide|determine|know)\b)",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"(?:^|[.!?\u2026\n;][ \t]*|,[ \t]+)[*_]*(?P<word>but|however|yet|overall|nevertheless|nonetheless|that said|"
    r"on balance|in the end|all in all|still)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"[\W_]*(?:(?:is|was|would be|seems|looks)\s+(?:wrong|incorrect|false|not)\b|"
    r"(?:this|that|it|which) (?:is|was) (?:wrong|incorrect|false|untrue)\b|"
    r"(?:is|was|does|do|did|can)n['\u2019]t\b|(?:does|can) ?not\b|"
    r"(?:not|no|wrong|false|incorrect)\s*(?:[!.]|$)|(?:just |only )?(?:kidding|joking)|"
    r"i(?:['\u2019]m| am) (?:lying|kidding|joking|wrong)|on the contrary|i disagree|"
    r"i (?:don['\u2019]t|do not) (?:think|agree)|(?:or|maybe|perhaps)\s+\w)",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:examples?|e\.g|format|template|samples?|wrong|incorrect)\b[^.!?\n]{0,40}:[*_\s]*$", re.IGNORECASE
)
_NOT_MEANT = re.compile(
    r"\b(?:not|isn't|never|rather than|instead of|example|e\.g\.|such as|would have been|wrong|incorrect|if|unless|"
    r"like this|(?<!json )format|template|schema)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_CHOOSING = r"i(?:['\u2019]d| would| will|['\u2019]ll)?\s+(?:choose|pick|select|go with|settle on|say)"
_CONCLUSION = re.compile(
    r"(?:[.!?;][ \t]+|\n[ \t]*|,[ \t]+)[*_]*(?:"
    rf"(?:so|therefore|thus|hence|in conclusion)\s*[,:]?\s+(?:(?:it is|it['\u2019]s|this is|{_CHOOSING})\s*:?\s+)?|"
    rf"(?:but|so|still|however,?)\s+{_CHOOSING}\s*:?\s+)"
    r"(?P<value>[^\n.!?;]{1,100}[.!]?[*_\"']*)\s*\Z",
    re.IGNORECASE,
)
_CHATTY = re.compile(r"(?:sure|certainly|of course|absolutely|here(?:'s|\u2019s| is| are))\b", re.IGNORECASE)
_LED_TO = re.compile(
    r"(?:(?:sure|certainly|of course|absolutely)\b[!,. ]*)?here(?:'s|\u2019s| is| are)\b[^:\n]{0,60}:[ \t]*(?=\S)",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"(?:i hope|let me know|feel free|please (?:let|note)|if you (?:need|want|have|would)|note that|note:|explanation|"
    r"this (?:title|text|answer)|\*?\(?note)",
    re.IGNORECASE,
)
SENTENCE_STOP = re.compile(r"[.!]+[*_\"'`]*\s")
_ENDS_SENTENCE = ".!?:;)*_\"'`\u201d\u3002\uff01\uff1a|>"


def is_flat_retraction(text: str) -> bool:
    """Return True when the text retracts what was said though it says nothing else."""
    return _FLAT.match(text) is not None


def is_refusal(text: str) -> bool:
    return _REFUSAL.search(text[:400].replace("\u2019", "'")) is not None


def retraction(text: str) -> str | None:
    """Return what the text says from where it takes something back."""
    found = _RETRACTION.search(text)
    return None if found is None else text[found.start() :]


def contrast(text: str) -> str | None:
    """Return what the text says from where it sets something against what was said before."""
    found = _CONTRAST.search(text)
    return None if found is None else text[found.start("word") :]


def is_denied(behind: str) -> bool:
    """Return True when what follows a value right away denies it."""
    return _DENIAL.match(behind) is not None


def is_example(before: str) -> bool:
    """Return True when the line before a value says that an example or a form follows."""
    return _EXAMPLE.search(before[-120:]) is not None


def is_not_meant(before: str) -> bool:
    """Return True when what leads to a value says that it is none: an example, a form, a denial."""
    return _NOT_MEANT.search(before[-120:].rstrip("`\n ").removesuffix("```json").rstrip(" \n:`")) is not None


class Statements:
    """Finds `the label is X` for a task of this name; for the only task also under a general name."""

    def __init__(self, name: str, *, alone: bool) -> None:
        own = re.escape(name).replace(r"\ ", r"[\s_-]+").replace("_", r"[\s_-]+")
        general = "answer|label|classification|category|class|verdict|choice|prediction|rating|score|output|antwort"
        names = f"{general}|{own}" if alone else own
        self._pattern = re.compile(
            r"(?:^|[.!?]|(?:^|[.!?,;])[ \t]*(?:so|therefore|thus|hence|overall|finally|but|however|yet)\s*,?\s*)"
            r"[*_\"'#> \t-]*"
            r"(?:(?:so|therefore|thus|hence|overall|finally|in conclusion|in summary|to sum up|based on [^.,\n]{1,80}|"
            r"given [^.,\n]{1,80}|i(?:'d| would) say|i think|i believe)\s*,?\s*)*(?:that\s+)?"
            r"(?:(?:the|my|our|its|die|das|la|le|el)\s+)?"
            r"(?:(?:final|correct|best|most\s+\w+|right|predicted|overall|resulting|appropriate)\s+){0,2}[*_\"'`]*"
            rf"(?:{names})[*_\"'`]*"
            r"(?:\s+(?:label|class|category|score|value|mentioned|"
            r"present|discussed|covered|identified|found|that apply))?"
            r"(?:\s+(?:for|of|to|in)\s+(?:this|the|that)\s[^.:;,\n]{1,60}?)?"
            r"\s+(?:is|are|would be|should be|must be|includes?|=|ist|sind|lautet|est|sont|es|son|\u00e8)\s*:?\s*"
            r"(?=(?P<value>[^\n]+?)[ \t]*$)",
            re.IGNORECASE | re.MULTILINE,
        )

    def conclusion(self, stretch: Stretch) -> Stretch | None:
        """Return what the text ends in and calls its conclusion: `Therefore C.`, `, but I would choose C.`"""
        found = _CONCLUSION.search(stretch.text)
        return None if found is None else stretch.part(*found.span("value"))

    def values(self, stretch: Stretch) -> list[tuple[Stretch, ...]]:
        """Return what is said to be the answer: each to the end of its line, and to the end of its sentence."""
        found = []
        for statement in self._pattern.finditer(stretch.text):
            start, end = statement.span("value")
            stop = SENTENCE_STOP.search(stretch.text, start, end)
            ends = (end,) if stop is None else (end, stop.start())
            found.append(tuple(stretch.part(start, each) for each in ends))
        return found


def outer_lines(stretch: Stretch) -> list[Stretch]:
    """Return the first and the last line, where each stands on its own: not as the end of a sentence broken in two."""
    lines = [line for line in stretch.lines() if line.text.strip("`#-=* ")]
    if len(lines) < 2:
        return []
    found = [unbulleted(lines[0])]
    before, last = lines[-2], lines[-1]
    apart = stretch.answer[before.end : last.start].count("\n") > 1
    if apart or before.text.endswith(tuple(_ENDS_SENTENCE)):
        found.append(unbulleted(last))
    return found


def without_chatter(stretch: Stretch) -> Stretch | None:
    """Return the text without the sentence that leads to it and the offers behind it; None where they cannot be told
    apart."""
    parts = list(paragraphs(stretch))
    while len(parts) > 1 and _OFFER.match(parts[-1].text):
        parts.pop()
    if len(parts) > 1 and parts[0].text.endswith((":", "\uff1a")):
        parts.pop(0)
    elif led := _LED_TO.match(parts[0].text):
        parts[0] = parts[0].part(led.end(), parts[0].end - parts[0].start)
    elif _CHATTY.match(parts[0].text):
        return None
    if parts[0].start == stretch.stripped().start and parts[-1].end == stretch.stripped().end:
        return stretch
    return Stretch(stretch.answer, parts[0].start, parts[-1].end)


def paragraphs(stretch: Stretch) -> Iterator[Stretch]:
    """Yield the parts between blank lines."""
    at = 0
    text = stretch.text
    for gap in re.finditer(r"\n[ \t]*\n\s*", text):
        yield stretch.part(at, gap.start()).stripped()
        at = gap.end()
    yield stretch.part(at, len(text)).stripped()
