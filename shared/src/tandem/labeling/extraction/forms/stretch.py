"""A stretch of a model's answer, which knows where it stands: whatever is read from it has an exact place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tandem.labeling.normalization import BLANKS, bare_span
from tandem.labeling.reading import Place

_SPACE = BLANKS + "\x1c\x1d\x1e\x1f\x85"


@dataclass(frozen=True, slots=True)
class Stretch:
    """`answer[start:end]`."""

    answer: str
    start: int
    end: int

    @classmethod
    def whole(cls, answer: str) -> Stretch:
        return cls(answer, 0, len(answer))

    @property
    def text(self) -> str:
        return self.answer[self.start : self.end]

    @property
    def place(self) -> Place:
        return (self.start, self.end)

    def part(self, start: int, end: int) -> Stretch:
        """Return a part of it, by indices into its own text."""
        return Stretch(self.answer, self.start + start, self.start + end)

    def stripped(self) -> Stretch:
        """Without white space around it."""
        text = self.text
        end = len(text.rstrip(_SPACE))
        start = min(end, len(text) - len(text.lstrip(_SPACE)))
        return self.part(start, end)

    def bare(self) -> Stretch:
        """Without quotes, emphasis and closing marks around it."""
        return self.part(*bare_span(self.text))

    def lines(self) -> Iterator[Stretch]:
        """Yield the lines that are not blank, without white space around them."""
        at = 0
        for line in self.text.splitlines(keepends=True):
            found = self.part(at, at + len(line)).stripped()
            if found.start < found.end:
                yield found
            at += len(line)
