"""The text that tokens spell, and the position in it of a place of the answer."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from tandem.events.annotations import TokenLogprob
from tandem.labeling.confidence.cut_characters import put_together
from tandem.labeling.confidence.measure import UnknownReason
from tandem.labeling.reading import Place


class UnknownError(Exception):
    """The confidence cannot be known, for this reason."""

    def __init__(self, reason: UnknownReason) -> None:
        self.reason = reason


class Generated:
    """Tokens with their log-probabilities, and the text they make."""

    __slots__ = ("starts", "text", "tokens")

    def __init__(self, tokens: Sequence[TokenLogprob]) -> None:
        pieces = [token.token for token in tokens]
        self.tokens = tokens
        self.text = "".join(pieces)
        self.starts = list(accumulate(map(len, pieces), initial=0))
        """Start of each token, and the end of the last one. A token that begins within a character counts as beginning
        behind it.
        """
        if "\\x" in self.text:
            self.text, self.starts = put_together(pieces)

    def token_at(self, position: int) -> int:
        """Return the index of the token that holds the character at this position. Raises UnknownError behind the
        last."""
        if position >= len(self.text):
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        return bisect_right(self.starts, position) - 1

    def locate(self, place: Place, answer: str) -> Place:
        """Return where the generated text holds what is read at `place` of the answer. Raises UnknownError."""
        if self.text == answer:
            return place
        start, end = place
        shift = self.text.find(answer)
        if shift == -1 or self.text.find(answer, shift + 1) != -1:
            shift = self._only_occurrence(answer, start, end) - start
        return start + shift, end + shift

    def _only_occurrence(self, answer: str, start: int, end: int) -> int:
        """Return where the label alone stands in the generated text, as a whole word and only once: tokens may spell
        bytes of a character apart."""
        label = answer[start:end]
        found = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(label)}(?!\w)", self.text)]
        if not label or len(found) != 1:
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        return found[0]
