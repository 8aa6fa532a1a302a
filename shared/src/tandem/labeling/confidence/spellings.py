"""The options as a model spells them, so that a beginning finds the options it may become."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tandem.events.schema import LabelOption
from tandem.labeling.confidence.cut_characters import cut_at, is_begun_by, joined
from tandem.labeling.normalization import AFTER, BEFORE, BLANKS

_MOST_KNOWN = 2000
"""Tokens that are remembered with what they begin: models write the same few again and again."""


class Begun(NamedTuple):
    """The labels that a token begins where some of a label may have been said before it."""

    said: str | None
    """The part of a label that was said with it, in one case; None when it does not reach one."""
    options: tuple[str, ...]
    """Options that this beginning may become."""
    only: str | None
    """The first of these options, where all are spellings of one value."""
    early: bool = False
    """True when the token stops before the label begins, where the generated token goes on to it."""
    blank: bool = False
    """True when the token is white space in place of a label."""
    astray: bool = False
    """True when no answer of this layout goes on with the token: it ends the answer, begins otherwise, or begins no
    option.
    """


class Spellings:
    """The options as a model spells them in one context, sorted, so that a prefix finds its options by bisection."""

    one_text_each = True
    """True when an option goes on in one way only, so that it is no likelier than its text."""

    def __init__(
        self,
        texts: Mapping[str, str],
        ends: Callable[[str], bool],
        *,
        in_json: bool,
        likely: frozenset[str] | None = None,
    ) -> None:
        """Prepare the spellings. `texts`: each spelling to the option's value. `ends`: tells whether what follows an
        option's text ends it.

        `likely`: the spellings among which probability is shared that may belong to any; None: all.
        """
        self.value_of = {text.casefold(): value for text, value in texts.items()}
        self.texts = frozenset(texts)
        self.likely = likely
        self._others: dict[str, list[str]] = {}
        self._ends = ends
        self.all = sorted(self.value_of)
        self.ignored = BLANKS if in_json else BEFORE
        self._in_json = in_json
        self._lengths = sorted({len(text) for text in self.all}, reverse=True)
        self._known = 0
        self._first: dict[str, _Tokens] = {}
        self._later: dict[str, _Tokens] = {}
        self._first_exactly: dict[str, _Tokens] = {}
        self._later_exactly: dict[str, _Tokens] = {}
        self._any_begins_with_marks = any(text[0] in BEFORE for text in self.all)

    def first_tokens(self, before: str) -> _Tokens:
        """Return the tokens in which the label begins behind `before`, which is in one case."""
        return self._tokens(self._first, before, lambda token: self._begun_first(token, before))

    def later_tokens(self, said: str) -> _Tokens:
        """Return the tokens that continue a label behind these characters of it, which are in one case."""
        return self._tokens(self._later, said, lambda token: self._begun_later(token, said))

    def first_tokens_exactly(self, before: str) -> _Tokens:
        """Return `first_tokens`, where options count as they are spelled alone: `Positive` begins no `positive`."""
        return self._tokens(
            self._first_exactly, before, lambda token: self._exactly(token, "", self._begun_first(token, before))
        )

    def later_tokens_exactly(self, said: str) -> _Tokens:
        """Return `later_tokens`, where options count as they are spelled alone."""
        return self._tokens(
            self._later_exactly, said, lambda token: self._exactly(token, said, self._begun_later(token, said))
        )

    def _exactly(self, token: str, said: str, begun: Begun) -> Begun:
        """Return `begun`, astray where the token spells what it says of a label in another case than all options."""
        folded = (begun.said or "")[len(said) :]
        spelled = token[-len(folded) :] if folded else ""
        if not spelled or spelled.casefold() != folded:  # bytes that were put together are left alone
            return begun
        rests = [text[len(said) :] for text in self.texts if text.casefold().startswith(said)]
        if any(rest.startswith(spelled) or spelled.startswith(rest) for rest in rests):
            return begun
        return Begun(None, (), None, astray=True)

    def _tokens(self, known: dict[str, _Tokens], key: str, begun: Callable[[str], Begun]) -> _Tokens:
        if (tokens := known.get(key)) is None:
            tokens = known[key] = _Tokens(begun)
        return tokens

    def _begun_first(self, token: str, before: str) -> Begun:
        self._remember()
        piece = token.casefold()
        bare, first = piece.lstrip(self.ignored), before.lstrip(self.ignored)[:1]
        if not piece or (first and bare and bare[0] != first):
            return Begun(None, (), None, astray=True)
        begun = self.begun(piece, before)
        if begun is not None:
            return self._begun(begun, self.leads_to(begun, 0) if begun else ())
        is_early = bool(before and piece and before.startswith(piece))
        return Begun(None, (), None, early=is_early, blank=bool(piece) and not piece.strip())

    def _begun_later(self, token: str, said: str) -> Begun:
        self._remember()
        if not token:
            return Begun(None, (), None, astray=True)
        begun = joined(said, token).casefold()
        return self._begun(begun, self.leads_to(begun, len(said)))

    def _begun(self, said: str, options: tuple[str, ...]) -> Begun:
        is_one = len({self.value_of[option] for option in options}) == 1
        return Begun(said, options, options[0] if is_one else None, astray=bool(said) and not options)

    def _remember(self) -> None:
        """Count one more remembered token; forget all when they are too many."""
        self._known += 1
        if self._known > _MOST_KNOWN:
            self._first.clear()
            self._later.clear()
            self._first_exactly.clear()
            self._later_exactly.clear()
            self._known = 0

    def others(self, option: str) -> list[str]:
        """Return all options but those of this one's value; the list must not be changed."""
        if (others := self._others.get(option)) is None:
            own = self.value_of[option]
            others = self._others[option] = [other for other in self.all if self.value_of[other] != own]
        return others

    def leads_to(self, text: str, said: int) -> tuple[str, ...]:
        """Return the options that a label beginning with this text may become, of which `said` characters were said
        before.

        Those that begin with the text, and the one that the text holds and ends.
        """
        return tuple(self._leads_to(text, said))

    def _leads_to(self, text: str, said: int) -> list[str]:
        options = []
        if (cut := cut_at(text)) is not None:
            return [option for option in self.all if is_begun_by(option, text, cut)]
        for index in range(bisect_left(self.all, text), len(self.all)):
            if not self.all[index].startswith(text):
                break
            options.append(self.all[index])
        for length in self._lengths:
            if (
                said <= length < len(text)
                and text[:length] in self.value_of
                and self._ended(text[:length], text[length:])
            ):
                options.append(text[:length])
                break
        return options

    def _ended(self, option: str, rest: str) -> bool:  # noqa: ARG002 - in a list, it depends on the option
        return self._ends(rest)

    def begun(self, piece: str, before: str) -> str | None:
        """Return the part of a label that a piece begins when the label's start stands behind `before` in the piece's
        place.

        White space may differ, in text also quotes and emphasis. None when the piece does not reach a label.
        """
        begun = piece[len(before) :] if piece.startswith(before) else _without(piece, before, self.ignored)
        if begun is None or self._in_json:
            return begun
        return (begun if self._any_begins_with_marks else begun.lstrip(BEFORE)) or None


class _Tokens(dict[str, Begun]):
    """The labels that each token begins at one place, looked up once."""

    def __init__(self, begun: Callable[[str], Begun]) -> None:
        super().__init__()
        self._begun = begun

    def __missing__(self, token: str) -> Begun:
        found = self[token] = self._begun(token)
        return found


def _without(piece: str, before: str, ignored: str) -> str | None:
    """Return the piece without `before`, skipping what is ignored in both; None when `before` is not in it."""
    needed = [char for char in before if char not in ignored]
    position = 0
    for position, char in enumerate(piece):  # noqa: B007 - the position is used behind the loop
        if char in ignored:
            continue
        if not needed or char != needed[0]:
            break
        needed.pop(0)
    else:
        position = len(piece)
    return None if needed else piece[position:]


def ends_string(rest: str) -> bool:
    """Return whether, in JSON, what follows an option's text ends it rather than making another word of it."""
    return rest.startswith('"')


def ends_words(rest: str) -> bool:
    """Return whether, in text, what follows an option's text ends it rather than making another word of it."""
    return not rest.strip(AFTER + ")]}>") or rest.startswith(("<|", "</s>", "<eos>", "<end_of_turn>"))


def ends_number(rest: str) -> bool:
    """Return whether what follows a number ends it rather than making another number of it, wherever it stands."""
    if rest[0] in ".,":
        return not rest[1:2].isdigit()
    return not rest[0].isdigit() and rest[0] not in "eE_"


def spellings_of(options: Iterable[LabelOption]) -> dict[str, str]:
    """Return each text that a model may write for an option, aliases included, with the option's value."""
    return {text: option.value for option in options for text in (option.value, *option.aliases)}
