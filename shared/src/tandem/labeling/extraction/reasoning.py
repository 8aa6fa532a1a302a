"""What an answer says before it answers: the thinking of reasoning models, left out before anything is read."""

from __future__ import annotations

import re

from tandem.labeling.extraction.stretch import Stretch

_TAGS = r"think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
_OPENED = re.compile(rf"<(?:{_TAGS})>|\[THINK\]|\u25c1think\u25b7|<\|channel\|>analysis<\|message\|>", re.IGNORECASE)
_CLOSED = re.compile(
    rf"</(?:{_TAGS})>|\[/THINK\]|\[/INST\]|\u25c1/think\u25b7|<\|channel\|>final<\|message\|>|<\|start_header_id\|>assistant<\|end_header_id\|>",
    re.IGNORECASE,
)
_ENDED = re.compile(r"<\|(?:im_end|eot_id|end|endoftext|return|eom_id|end_of_text)\|>|</s>|<end_of_turn>|<eos>")


def without_reasoning(stretch: Stretch) -> Stretch:
    """What is said once the thinking ends; blank where it never ends. Chat templates' marks end it."""
    text = stretch.text
    if "<" not in text and "[" not in text and "\u25c1" not in text:
        return stretch
    start = max((found.end() for found in _CLOSED.finditer(text)), default=0)
    end = len(text)
    if (opened := _OPENED.search(text, start)) is not None:
        end = opened.start()
    if (ended := _ENDED.search(text, start, end)) is not None and text[start : ended.start()].strip():
        end = ended.start()
    return stretch if (start, end) == (0, len(text)) else stretch.part(start, end).stripped()
