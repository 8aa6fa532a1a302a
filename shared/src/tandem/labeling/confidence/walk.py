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
from collections.abc import Sequence
from dataclasses import dataclass, field

from tandem.events.annotations import TokenLogprob
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import UnknownReason
from tandem.labeling.confidence.spellings import Spellings
from tandem.labeling.normalization import BEFORE, BLANKS
from tandem.labeling.reading import Place

_ROUNDING = 1e-6
_AS_GOOD_AS_CERTAIN = 1 - 1e-5
"""Alternatives of a token that is surer than this change nothing that anybody would see."""
_NO_OTHERS: list[tuple[str, float]] = []
_MEMBER_BEGINS = "{[,"


@dataclass(slots=True)
class _Doubt:
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


@dataclass(slots=True)
class Walk:
    """The masses of the options, by spelling; `presumed` of them on suspicion, at the cost of the label."""

    masses: dict[str, float]
    presumed: float = 0.0
    path: float = 0.0
    """Of the label's mass, what belongs to the very tokens that were generated, whatever follows the label in the last
    of them."""
    behind: int = 0
    """Index behind the last token that was looked at."""
    _doubts: list[_Doubt] = field(default_factory=list)

    def _settle(self, likely: frozenset[str] | None) -> None:
        """Give what is in doubt to the options that are seen nowhere else, or to all that it may belong to; of several
        to the likely ones alone."""
        if not self._doubts:
            return
        seen = {option for option, mass in self.masses.items() if mass > 0}
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
                    self.masses[option] += share
                if doubt.about_label:
                    self.presumed += share * len(heirs)


def walk(  # noqa: PLR0912, PLR0915 - the rules of one walk stand together
    place: Place, generated: Generated, spellings: Spellings, *, in_json: bool, begin: int | None = None
) -> Walk:
    """The masses of all options at the place of the label in the generated text.

    `begin`: from where on the options can part, where that is known better than by the layout. Raises UnknownError.
    """
    start, end = place
    text, logprobs = generated.text, generated.tokens
    label = text[start:end].casefold()
    others = spellings.others(label)
    found = Walk(dict.fromkeys(spellings.all, 0.0))
    masses, doubts = found.masses, found._doubts  # noqa: SLF001 - of this module
    index = generated.token_at(_first(text, start, in_json=in_json) if begin is None else begin)
    position = generated.starts[index]
    reached = 1.0

    # The lead: tokens that end before the label begins.
    while index < len(logprobs) and position + len(logprobs[index].token) <= start:
        token = logprobs[index]
        own = math.exp(token.logprob) if token.logprob < 0 else 1.0
        if not own >= _AS_GOOD_AS_CERTAIN:
            own, alternatives, least, unlisted = distribution_at(token)
            rest = text[position:start].casefold()
            own_text = token.token.casefold()
            ends_at_label = position + len(token.token) == start
            own_is_near = not _has_word(rest[len(own_text) :])
            ignored = BLANKS if in_json else BEFORE
            first = rest.lstrip(ignored)[:1]
            for alternative, probability in alternatives:
                piece = alternative.casefold()
                if first and (bare := piece.lstrip(ignored)) and bare[0] != first:
                    continue  # goes elsewhere
                begun = spellings.begun(piece, rest, in_json=in_json)
                if begun:
                    options = spellings.leads_to(begun, 0)
                    _give(masses, doubts, reached * probability, options, label)
                elif piece != own_text and piece and rest.startswith(piece):
                    near = own_is_near or not _has_word(rest[len(piece) :])
                    doubts.append(_Doubt(reached * probability, others, unless_seen=not near))
                elif piece.strip() == own_text.strip() or (ends_at_label and begun is not None):
                    own += probability
                elif begun is not None:
                    doubts.append(_Doubt(reached * probability, others, unless_seen=True))
            if unlisted > _ROUNDING:
                doubts.append(
                    _Doubt(
                        reached * unlisted,
                        others,
                        most=reached * least if spellings.one_text_each else math.inf,
                        unless_seen=True,
                    )
                )
        reached *= own
        position += len(token.token)
        index += 1

    # The label.
    before = text[position:start].casefold()
    said = ""
    alive: Sequence[str] = spellings.all
    at_start = True
    agreeing = 0.0
    while index < len(logprobs):
        token = logprobs[index]
        index += 1
        on_path = token.token.casefold()
        on_path = on_path[len(before) :] if at_start else said + on_path
        following = spellings.leads_to(on_path, len(said))
        if label not in following:
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        own = 1.0 if token.logprob > 0 else math.exp(token.logprob)
        if own >= _AS_GOOD_AS_CERTAIN:
            alternatives, least, unlisted = _NO_OTHERS, 0.0, 0.0
        else:
            own, alternatives, least, unlisted = distribution_at(token)
        seen = {label}
        goes_beyond = len(on_path) > len(label) and on_path.startswith(label)
        for alternative, probability in alternatives:
            piece = alternative.casefold()
            begun = spellings.begun(piece, before, in_json=in_json) if at_start else said + piece
            if begun is None:
                if before and piece and before.startswith(piece):
                    doubts.append(_Doubt(reached * probability, others))
                elif at_start and piece and not piece.strip():
                    doubts.append(_Doubt(reached * probability, others, unless_seen=True))
            elif begun == on_path:
                own += probability
            elif begun:
                options = spellings.leads_to(begun, len(said))
                if len(options) == 1:
                    seen.add(options[0])
                    if goes_beyond and options[0] == label and begun.startswith(label):
                        agreeing += reached * probability
                _give(masses, doubts, reached * probability, options, label)
            else:
                doubts.append(_Doubt(reached * probability, others))
        if unlisted > _ROUNDING and (unseen := [option for option in alive if option not in seen]):
            doubts.append(
                _Doubt(
                    reached * unlisted,
                    unseen,
                    most=reached * least if spellings.one_text_each else math.inf,
                    unless_seen=True,
                )
            )
        reached *= own
        if len(following) == 1:
            masses[label] += reached
            found.path, found.behind = reached + agreeing, index
            found._settle(spellings.likely)  # noqa: SLF001 - of this module
            return found
        said, alive, at_start, agreeing = on_path, following, False, 0.0
    raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)


def _give(masses: dict[str, float], doubts: list[_Doubt], mass: float, options: Sequence[str], label: str) -> None:
    if len(options) == 1:
        masses[options[0]] += mass
    elif options:
        rest = [option for option in options if option != label]
        doubts.append(_Doubt(mass, rest, about_label=len(rest) < len(options)))


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
