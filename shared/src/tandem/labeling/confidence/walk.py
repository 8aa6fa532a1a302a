"""Walk along the generated tokens, from where the options can first part: each alternative's probability to its option.

The walk begins where the label's member of the JSON begins (`{` or `,`), or the label's line: a tokenizer that makes
one token of a quote and the label, or of colon, space and quote, parts the options before the label does. It goes on
for as long as more than one option could still follow.

- An alternative leads to an option when one's text begins with the other's, up to case; past the option's end there
  must be something that ends it (`"` in JSON).
- An alternative that differs from the generated token in case or white space alone counts as it.
- Any other that leads to several options goes to those that were not generated, first of all to those that are seen
  nowhere else: a tokenizer cuts the same text the same way, so the label itself would have gone on as it did.
- An alternative far ahead of the label that leads to all options (`{` in place of `{"`) goes to those that are seen
  nowhere else. When all are seen behind it, it says how the answer is laid out, not what it says, and is left out.
- What the provider does not list may belong to the options that it does not list, each at most as likely as the least
  likely alternative listed. They get it. Where an option can go on in several ways, as in a list or in a token that
  holds more than the label, all other options get it, however likely.
- Probability that leads to no option is left out.

Whatever is given on suspicion makes the label's share smaller: confidence errs downwards, and is called a bound when
that was more than a hundredth.

**An answer that was held to its format.** Many servers report log-probabilities from before their grammar. There the
model may have wanted a sentence where the grammar allowed only `{`, at 0.004. Such a token says nothing of the label,
and what is not listed beside it would mostly not have been allowed either. It shows in the alternatives that no answer
of this layout goes on with (`Begun.astray`). When they are together likelier than a token ahead of the label, doubts
from there are left out. When a single one of them is likelier than the token, ahead of the label or in it,

- what is in doubt at tokens ahead of the label is left out, and so is what leads to every option; alternatives that
  begin some options still count;
- a label has what all its tokens have together: `n` may have been another word's, had the grammar not forced `eutral`;
- at the label, options are compared as the grammar spells them: `Positive` is no way to begin `"positive"`, and what it
  has belongs to no option;
- an option that is not listed at the label gets what one token has of the unlisted probability when that is spread
  evenly over a vocabulary (`VOCABULARY`), and never more than the label.

**A model that would say something else.** `Walk.astray` is the share of the distribution at the label that belongs to
no option, listed or not. Where it is large, the confidence is an estimate (see `measure.tempered`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from tandem.events.annotations import TokenLogprob
from tandem.labeling.confidence.doubts import Doubt, TokenMasses, Unlisted
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import UnknownReason
from tandem.labeling.confidence.spellings import Begun, Spellings
from tandem.labeling.reading import Place

_ROUNDING = 1e-6
_ROUNDED_UP = 0.01
"""A log-probability above 0, by rounding; what is higher is none."""
_MOST_IN_ALL = 1.05
"""Maximum sum of the probabilities listed for one token, rounding allowed for; a larger sum is no probability."""
_AS_GOOD_AS_CERTAIN = math.log(1 - 1e-5)
"""Alternatives of a token that is surer than this change nothing that anybody would see."""
VOCABULARY = 50_000
"""Assumed number of tokens that share the unlisted probability; models in use have 32,000 to 260,000, which makes no
difference."""


def walk(
    place: Place,
    generated: Generated,
    spellings: Spellings,
    *,
    in_json: bool,
    begin: int | None = None,
    weighed: int = 0,
) -> TokenMasses:
    """Return the masses of the options at the place of the label in the generated text.

    `begin`: from where on the options can part, where that is known better than by the layout. `weighed`: so many
    tokens were walked over for what stands before it. Raises UnknownError.
    """
    start, end = place
    text, logprobs, starts = generated.text, generated.tokens, generated.starts
    walker = _Walker(text[start:end].casefold(), spellings)
    index = generated.token_at(start)
    ahead = generated.token_at(options_part_at(text, start, in_json=in_json) if begin is None else begin)
    shared = ahead if ahead < weighed else None
    for at in range(ahead, index):
        if not _AS_GOOD_AS_CERTAIN <= logprobs[at].logprob <= _ROUNDED_UP:
            rest = text[starts[at] : start].casefold()
            walker.pass_lead(logprobs[at], rest, ends_at_label=starts[at + 1] == start, is_shared=at == shared)
    before = text[starts[index] : start].casefold()
    walker.before = before
    exactly = walker.held_to_format and spellings.one_text_each and text[start:end] in spellings.texts
    tokens = spellings.first_tokens_exactly(before) if exactly else spellings.first_tokens(before)
    alive: Sequence[str] = spellings.all
    for at in range(index, len(logprobs)):
        token = logprobs[at]
        begun = tokens[token.token]
        following = begun.options
        if begun.said is None or walker.label not in following:
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        agreeing = 0.0
        if not _AS_GOOD_AS_CERTAIN <= token.logprob <= _ROUNDED_UP:
            agreeing = walker.pass_label(token, tokens, begun.said, alive, is_shared=at == shared)
        if begun.only is not None:
            if walker.held_to_format and spellings.one_text_each:
                walker.pass_rest(logprobs[at + 1 : bisect_left(starts, end, at + 1, len(logprobs))])
            return walker.arrived(agreeing, at + 1)
        alive = following
        tokens = spellings.later_tokens_exactly(begun.said) if exactly else spellings.later_tokens(begun.said)
    raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)


class _Walker:
    """State of a walk: the likelihood of the path so far, and what its alternatives had for the options."""

    __slots__ = (
        "_astray",
        "_doubts",
        "_lead_doubts",
        "_lead_says_nothing",
        "_masses",
        "_reached",
        "_spellings",
        "_unlisted",
        "_unlisted_before",
        "before",
        "held_to_format",
        "label",
    )

    def __init__(self, label: str, spellings: Spellings) -> None:
        self.label = label
        self._spellings = spellings
        self._masses: dict[str, float] = {}
        self._doubts: list[Doubt] = []
        self._lead_doubts: list[Doubt] = []
        self._unlisted: list[Unlisted] = []
        self._reached = 1.0
        self._astray = 0.0
        self._unlisted_before = 0.0
        self.held_to_format = self._lead_says_nothing = False
        self.before = ""

    def pass_lead(self, token: TokenLogprob, rest: str, *, ends_at_label: bool, is_shared: bool) -> None:
        """Walk past a token that ends before the label begins; `rest`: from its beginning to the label's."""
        spellings = self._spellings
        tokens = spellings.first_tokens(rest)
        own, alternatives, least, unlisted = distribution_at(token)
        others = spellings.others(self.label)
        reached = self._reached
        own_text = token.token.casefold()
        doubts = self._lead_doubts
        astray = likeliest = 0.0
        for alternative, probability in alternatives:
            begun = tokens[alternative]
            if begun.astray:
                astray += probability
                if probability > likeliest:  # noqa: PLR1730 - this is the hot path, and `max` a call
                    likeliest = probability
                continue
            piece = alternative.casefold()
            if begun.said:
                self._give(reached * probability, begun, doubts)
            elif piece != own_text and rest.startswith(piece):
                near = not (_has_word(rest[len(own_text) :]) and _has_word(rest[len(piece) :]))
                doubts.append(Doubt(reached * probability, others, unless_seen=not near))
            elif piece.strip() == own_text.strip() or (ends_at_label and begun.said is not None):
                own += probability
            elif begun.said is not None:
                doubts.append(Doubt(reached * probability, others, unless_seen=True))
        if astray > own and not is_shared:
            self._lead_says_nothing = True
            self.held_to_format |= likeliest > own
        if unlisted > _ROUNDING:
            if is_shared:
                self._unlisted_before = reached * unlisted
            elif spellings.one_text_each:
                doubts.append(Doubt(reached * unlisted, others, reached * least, unless_seen=True))
            else:
                doubts.append(Doubt(reached * unlisted, others, anywhere=True))
        self._reached *= own

    def pass_label(  # noqa: PLR0912 - each kind of alternative once, in the hot path
        self, token: TokenLogprob, tokens: Mapping[str, Begun], said: str, alive: Sequence[str], *, is_shared: bool
    ) -> float:
        """Past a token of the label, with which `said` is said of it. Gives the probability of alternatives that say
        the label and go on otherwise."""
        label, reached, masses = self.label, self._reached, self._masses
        own, alternatives, least, unlisted = distribution_at(token)
        goes_beyond = len(said) > len(label) and said.startswith(label)
        agreeing = astray = likeliest = 0.0
        for alternative, probability in alternatives:
            begun = tokens[alternative]
            if begun.astray:
                astray += probability
                if probability > likeliest:  # noqa: PLR1730 - this is the hot path, and `max` a call
                    likeliest = probability
            elif begun.said == said:
                own += probability
            elif begun.said:
                mass, option = reached * probability, begun.only
                if option is not None:
                    masses[option] = masses.get(option, 0.0) + mass
                    if goes_beyond and option == label and begun.said.startswith(label):
                        agreeing += mass
                else:
                    self._give(mass, begun, self._doubts)
            elif begun.said is not None or begun.early:
                self._doubts.append(Doubt(reached * probability, self._spellings.others(label)))
            elif begun.blank:
                self._doubts.append(Doubt(reached * probability, self._spellings.others(label), unless_seen=True))
        if astray and not is_shared:  # of a shared token, what parted before the label is no sign of a grammar
            self._astray += reached * astray
            self.held_to_format |= likeliest > own
        if unlisted > _ROUNDING and is_shared:
            self._unlisted_before = reached * unlisted
        elif unlisted > _ROUNDING:
            listed = [tokens[token.token], *(tokens[piece] for piece, _ in alternatives)]
            self._leave_unlisted(reached * unlisted, reached * least, alive, listed)
        self._reached *= own
        return agreeing

    def pass_rest(self, tokens: Sequence[TokenLogprob]) -> None:
        """Pass the tokens behind those that distinguish the label from all options; a grammar may have forced them.

        Of `n`, `eu`, `tr`, `al` the model may have meant `n` for another word.
        """
        for token in tokens:
            self._reached *= math.exp(min(0.0, token.logprob))

    def _leave_unlisted(self, mass: float, most: float, alive: Sequence[str], listed: Sequence[Begun]) -> None:
        """Keep what is not listed at a token for the options that are not; `most`: what one token may have of it."""
        others = self._spellings.others(self.label)
        if alive is not self._spellings.all:
            others = [option for option in others if option in alive]
        seen = {begun.only for begun in listed}
        unseen = [option for option in others if option not in seen]
        if not self._spellings.one_text_each or any(map(_goes_on, listed)):
            if others:
                self._unlisted.append(Unlisted(Doubt(mass, others, anywhere=True), unseen, most))
        elif unseen:
            self._unlisted.append(Unlisted(Doubt(mass, unseen, most, unless_seen=True), unseen, most))
        elif not _has_word(self.before):
            self._astray += mass  # every option is listed, and nothing was said before it in the same token

    def arrived(self, agreeing: float, behind: int) -> TokenMasses:
        """Return what was found, at the end of the label: what is left is its own."""
        masses, reached, doubts = self._masses, self._reached, self._doubts
        own = masses[self.label] = masses.get(self.label, 0.0) + reached
        held_to_format, astray = self.held_to_format, self._astray
        if self._lead_doubts and not (held_to_format or self._lead_says_nothing):
            doubts.extend(self._lead_doubts)
        if held_to_format:
            astray += math.fsum(doubt.mass for doubt in doubts)
            everything = len(self._spellings.others(self.label))
            doubts = [doubt for doubt in doubts if not (doubt.about_label and len(doubt.options) == everything)]
            for unlisted, unseen, most in self._unlisted:
                astray += unlisted.mass
                guess = min(unlisted.mass / VOCABULARY, most, own)
                doubts.append(Doubt(guess * len(unseen), unseen, unless_seen=True, about_label=False))
        elif self._unlisted:
            doubts.extend([unlisted.doubt for unlisted in self._unlisted])
        if astray:
            astray /= astray + math.fsum(masses.values())
        return TokenMasses(masses, doubts, reached + agreeing, behind, self._unlisted_before, held_to_format, astray)

    def _give(self, mass: float, begun: Begun, doubts: list[Doubt]) -> None:
        if begun.only is not None:
            self._masses[begun.only] = self._masses.get(begun.only, 0.0) + mass
        else:
            value_of = self._spellings.value_of
            rest = [option for option in begun.options if value_of[option] != value_of[self.label]]
            doubts.append(Doubt(mass, rest, about_label=len(rest) < len(begun.options)))


def options_part_at(text: str, start: int, *, in_json: bool) -> int:
    """Return where the walk begins: at the label's member of the JSON, or its line."""
    if in_json:
        return max(0, text.rfind("{", 0, start), text.rfind("[", 0, start), text.rfind(",", 0, start))
    return text.rfind("\n", 0, start) + 1


def _goes_on(begun: Begun) -> bool:
    """Return True when a token holds an option and more text behind it, so that the option may go on in other tokens
    too.
    """
    return begun.only is not None and _has_word((begun.said or "")[len(begun.only) :])


def distribution_at(token: TokenLogprob) -> tuple[float, list[tuple[str, float]], float, float]:
    """Return the probability of the generated token, the other listed ones with theirs, what an unlisted one has at
    most, and the sum of the unlisted.

    The generated token says nothing of those unlisted: some providers list it though it is none of the likeliest.
    """
    exp = math.exp
    if token.logprob > _ROUNDED_UP:
        raise UnknownError(UnknownReason.MALFORMED_LOGPROBS)
    own = 1.0 if token.logprob > 0 else exp(token.logprob)
    generated = token.token
    others: list[tuple[str, float]] = []
    least, total = 1.0, 0.0
    for piece, logprob in token.top:
        probability = exp(logprob) if logprob <= _ROUNDED_UP else math.nan
        if piece == generated:
            own = own or probability  # some give the likeliest alone their probabilities
            continue
        other = (piece, probability)
        if not probability or other in others:
            continue  # a place that is kept for nothing, or one that is listed twice
        others.append(other)
        total += probability
        if probability < least:  # noqa: PLR1730 - this is the hot path, and `min` a call
            least = probability
    total += own
    if not total <= _MOST_IN_ALL:
        raise UnknownError(UnknownReason.MALFORMED_LOGPROBS)
    unlisted = max(0.0, 1.0 - total)
    if not token.top and unlisted > _ROUNDING:
        raise UnknownError(UnknownReason.NO_ALTERNATIVES)
    return own, others, least, unlisted


def _has_word(text: str) -> bool:
    return any(char.isalnum() for char in text)
