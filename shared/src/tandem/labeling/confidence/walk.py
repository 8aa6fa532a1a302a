"""Along the generated tokens, from where the options can first part: each alternative's probability to its option.

The walk begins where the label's member of the JSON begins (`{` or `,`), or the label's line: a tokenizer that makes
one token of a quote and the label, or of colon, space and quote, parts the options before the label does. It goes on
for as long as more than one option could still follow.

- An alternative leads to an option when one's text begins with the other's, up to case; past the option's end there
  must be something that ends it (`"` in JSON).
- An alternative that differs from the generated token in case or white space alone is taken for it.
- Any other that leads to several options goes to those that were not generated, first of all to those that are seen
  nowhere else: a tokenizer cuts the same text the same way, so the label itself would have gone on as it did.
- An alternative far ahead of the label that leads to all options (`{` in place of `{"`) goes to those that are seen
  nowhere else. When all are seen behind it, it says how the answer is laid out, not what it says, and is left out.
- What the provider does not list may belong to the options that it does not list, each at most as likely as the least
  likely alternative listed (unless an option can go on in several ways, as in a list). They get it.
- Probability that leads to no option is left out.

Whatever is given on suspicion makes the label's share smaller: confidence errs downwards, and is called a bound when
that was more than a hundredth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tandem.events.annotations import TokenLogprob
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import UnknownReason
from tandem.labeling.confidence.spellings import Begun, Spellings
from tandem.labeling.reading import Place

_ROUNDING = 1e-6
_AS_GOOD_AS_CERTAIN = math.log(1 - 1e-5)
"""Alternatives of a token that is surer than this change nothing that anybody would see."""
_MEMBER_BEGINS = "{[,"


class _Doubt(NamedTuple):
    """Probability that may belong to any of some options."""

    mass: float
    options: Sequence[str]
    """Without the label, which was generated otherwise."""
    most: float = math.inf
    """What a single option may get of it."""
    unless_seen: bool = False
    """Left out when all options are seen elsewhere."""
    about_label: bool = True
    """Whether the label itself might have been among the options."""


class Walk(NamedTuple):
    """The masses of the options that have any, by spelling."""

    masses: Mapping[str, float]
    presumed: float
    """Of the masses, what was given on suspicion, at the cost of the label."""
    path: float
    """Of the label's mass, what belongs to the very tokens that were generated, whatever follows the label in the last
    of them."""
    behind: int
    """Index behind the last token that was looked at."""


def walk(
    place: Place, generated: Generated, spellings: Spellings, *, in_json: bool, begin: int | None = None
) -> Walk:
    """The masses of the options at the place of the label in the generated text.

    `begin`: from where on the options can part, where that is known better than by the layout. Raises UnknownError.
    """
    start, end = place
    text, logprobs, starts = generated.text, generated.tokens, generated.starts
    walker = _Walker(text[start:end].casefold(), spellings)
    index = generated.token_at(start)
    for ahead in range(generated.token_at(_first(text, start, in_json=in_json) if begin is None else begin), index):
        if not logprobs[ahead].logprob >= _AS_GOOD_AS_CERTAIN:
            walker.pass_lead(logprobs[ahead], text[starts[ahead] : start].casefold(), starts[ahead + 1] == start)
    before = text[starts[index] : start].casefold()
    tokens = spellings.first_tokens(before)
    alive: Sequence[str] = spellings.all
    while index < len(logprobs):
        token = logprobs[index]
        index += 1
        said, following, _, _ = begun = tokens[token.token]
        if said is None or walker.label not in following:
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        agreeing = 0.0
        if not token.logprob >= _AS_GOOD_AS_CERTAIN:
            agreeing = walker.pass_label(token, tokens, begun, alive)
        if len(following) == 1:
            return walker.arrived(agreeing, index)
        alive = following
        tokens = spellings.later_tokens(said)
    raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)


class _Walker:
    """One walk: how likely the way to here was, and what the alternatives to it had for the options."""

    __slots__ = ("_doubts", "_masses", "_reached", "_spellings", "label")

    def __init__(self, label: str, spellings: Spellings) -> None:
        self.label = label
        self._spellings = spellings
        self._masses: dict[str, float] = {}
        self._doubts: list[_Doubt] = []
        self._reached = 1.0

    def pass_lead(self, token: TokenLogprob, rest: str, ends_at_label: bool) -> None:  # noqa: FBT001 - of this module
        """Past a token that ends before the label begins; `rest`: from its beginning to the label's."""
        spellings = self._spellings
        tokens = spellings.first_tokens(rest)
        own, alternatives, least, unlisted = distribution_at(token)
        others = spellings.others(self.label)
        reached = self._reached
        own_text = token.token.casefold()
        own_is_near = not _has_word(rest[len(own_text) :])
        ignored = spellings.ignored
        first = rest.lstrip(ignored)[:1]
        for alternative, probability in alternatives:
            piece = alternative.casefold()
            if first and (bare := piece.lstrip(ignored)) and bare[0] != first:
                continue  # goes elsewhere
            begun = tokens[alternative]
            if begun.said:
                self._give(reached * probability, begun.options)
            elif piece != own_text and piece and rest.startswith(piece):
                near = own_is_near or not _has_word(rest[len(piece) :])
                self._doubts.append(_Doubt(reached * probability, others, unless_seen=not near))
            elif piece.strip() == own_text.strip() or (ends_at_label and begun.said is not None):
                own += probability
            elif begun.said is not None:
                self._doubts.append(_Doubt(reached * probability, others, unless_seen=True))
        self._give_unlisted(unlisted, least, others)
        self._reached *= own

    def pass_label(
        self, token: TokenLogprob, tokens: Mapping[str, Begun], own_begun: Begun, alive: Sequence[str]
    ) -> float:
        """Past a token of the label. Gives the probability of alternatives that say the label and what follows it
        otherwise."""
        label, reached, masses = self.label, self._reached, self._masses
        own, alternatives, least, unlisted = distribution_at(token)
        said = own_begun.said or ""
        goes_beyond = len(said) > len(label) and said.startswith(label)
        seen = {label}
        agreeing = 0.0
        for alternative, probability in alternatives:
            begun = tokens[alternative]
            if begun.said == said:
                own += probability
            elif begun.said:
                mass, options = reached * probability, begun.options
                if len(options) == 1:
                    option = options[0]
                    seen.add(option)
                    masses[option] = masses.get(option, 0.0) + mass
                    if goes_beyond and option == label and begun.said.startswith(label):
                        agreeing += mass
                else:
                    self._give(mass, options)
            elif begun.said is not None or begun.early:
                self._doubts.append(_Doubt(reached * probability, self._spellings.others(label)))
            elif begun.blank:
                self._doubts.append(_Doubt(reached * probability, self._spellings.others(label), unless_seen=True))
        if unlisted > _ROUNDING and len(seen) < len(alive):
            self._give_unlisted(unlisted, least, [option for option in alive if option not in seen])
        self._reached *= own
        return agreeing

    def arrived(self, agreeing: float, behind: int) -> Walk:
        """At the end of the label: what is left is its own."""
        masses, reached = self._masses, self._reached
        masses[self.label] = masses.get(self.label, 0.0) + reached
        return Walk(masses, self._settle() if self._doubts else 0.0, reached + agreeing, behind)

    def _give(self, mass: float, options: Sequence[str]) -> None:
        if len(options) == 1:
            self._masses[options[0]] = self._masses.get(options[0], 0.0) + mass
        elif options:
            rest = [option for option in options if option != self.label]
            self._doubts.append(_Doubt(mass, rest, about_label=len(rest) < len(options)))

    def _give_unlisted(self, unlisted: float, least: float, options: Sequence[str]) -> None:
        if unlisted > _ROUNDING and options:
            most = self._reached * least if self._spellings.one_text_each else math.inf
            self._doubts.append(_Doubt(self._reached * unlisted, options, most, unless_seen=True))

    def _settle(self) -> float:
        """Give what is in doubt to the options that are seen nowhere else, or to all that it may belong to; of several
        to the likely ones alone. How much was given that might be the label's."""
        masses, likely = self._masses, self._spellings.likely
        seen = {option for option, mass in masses.items() if mass > 0}
        presumed = 0.0
        for doubt in self._doubts:
            heirs = [option for option in doubt.options if option not in seen]
            if not heirs:
                if doubt.unless_seen:
                    continue
                heirs = list(doubt.options)
            if likely is not None:
                heirs = [option for option in heirs if option in likely] or heirs
            if heirs:
                share = min(doubt.mass / len(heirs), doubt.most)
                for option in heirs:
                    masses[option] = masses.get(option, 0.0) + share
                if doubt.about_label:
                    presumed += share * len(heirs)
        return presumed


def _first(text: str, start: int, *, in_json: bool) -> int:
    """Where the walk begins: at the label's member of the JSON, or its line."""
    if in_json:
        return max(0, *(text.rfind(mark, 0, start) for mark in _MEMBER_BEGINS))
    return text.rfind("\n", 0, start) + 1


def distribution_at(token: TokenLogprob) -> tuple[float, list[tuple[str, float]], float, float]:
    """Probability of the generated token, the other listed ones with theirs, the least listed, and the sum unlisted."""
    exp = math.exp
    own = total = 1.0 if token.logprob > 0 else exp(token.logprob)
    generated = token.token
    others: list[tuple[str, float]] = []
    least = 1.0
    for piece, logprob in token.top:
        probability = 1.0 if logprob > 0 else exp(logprob)
        if probability < least:  # noqa: PLR1730 - this is the hot path, and `min` a call
            least = probability
        if piece != generated:
            others.append((piece, probability))
            total += probability
    if not math.isfinite(total):
        raise UnknownError(UnknownReason.MALFORMED_LOGPROBS)
    unlisted = max(0.0, 1.0 - total)
    if not token.top and unlisted > _ROUNDING:
        raise UnknownError(UnknownReason.NO_ALTERNATIVES)
    return own, others, least, unlisted


def _has_word(text: str) -> bool:
    return any(char.isalnum() for char in text)
