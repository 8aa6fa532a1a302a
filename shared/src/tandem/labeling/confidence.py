"""How sure a model is of its label: the probability of the label's own tokens, normalized over the options.

The provider tells, for each token it generated, what else it might have generated there. From the token where the
label begins we walk along the generated tokens for as long as more than one option could still follow, and give each
alternative's probability to the option it leads to. So it does not matter how the tokenizer cuts: whether a quote or
a space sticks to the label's first token, or two options share their first tokens.

- An alternative leads to an option when one's text begins with the other's, up to case; past the option's end there
  must be something that ends it (`"` in JSON).
- An alternative that differs from the generated token in case or white space alone is taken for it.
- Any other that leads to several options is split evenly between those that were not generated: the label itself would
  have gone on as it did, and the share of the label is what must be right.
- What the provider does not list may belong to the options that it does not list, each at most as likely as the least
  likely one listed. They get it: confidence errs downwards.
- Probability that leads to no option is left out.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tandem.events.annotations import TokenLogprob
from tandem.events.schema import SingleChoiceTask
from tandem.labeling.extraction import Reading
from tandem.labeling.normalization import AFTER, BEFORE, BLANKS

METHOD = "token_probability"
_ROUNDING = 1e-6


class UnknownReason(StrEnum):
    """Why a label has no confidence. It is then absent, never 0 or 1."""

    NO_LOGPROBS = "no_logprobs"
    """The provider gave no log-probabilities."""
    NO_ALTERNATIVES = "no_alternatives"
    """Log-probabilities of the generated tokens alone: nothing to normalize over."""
    LABEL_NOT_LOCATED = "label_not_located"
    """The label's text is not found among the tokens, or stands there more than once."""
    LABEL_END_NOT_SEEN = "label_end_not_seen"
    """The answer ends where a longer option could still have followed, and how likely that was is not told."""
    LABEL_NOT_IN_ALTERNATIVES = "label_not_in_alternatives"
    """The provider gives the generated label no probability at all."""
    MALFORMED_LOGPROBS = "malformed_logprobs"


@dataclass(frozen=True, slots=True)
class Confidence:
    """A distribution over all options of the task; it sums to 1."""

    value: float
    """Probability of the label that was read."""
    probabilities: dict[str, float]
    margin: float
    """`value` less the probability of the likeliest other option; negative when that one is likelier."""
    entropy: float
    """In nats; 0 when sure, log(number of options) when clueless."""


class _Unknown(Exception):  # noqa: N818 - control flow inside this module
    def __init__(self, reason: UnknownReason) -> None:
        self.reason = reason


class _Spellings:
    """The options as a model spells them in one context, sorted, so that a prefix finds its options by bisection."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """`texts`: option value to the text that spells it."""
        self.value_of = {text.casefold(): value for value, text in texts.items()}
        self.all = sorted(self.value_of)
        self._shortest = min(map(len, self.all))
        self._any_begins_with_marks = any(text[0] in BEFORE for text in self.all)

    def leads_to(self, text: str, said: int, *, in_json: bool) -> list[str]:
        """The options that a label beginning with this text may become, of which `said` characters were said before.

        Those that begin with the text, and the one that the text holds and ends.
        """
        options = []
        for index in range(bisect_left(self.all, text), len(self.all)):
            if not self.all[index].startswith(text):
                break
            options.append(self.all[index])
        for length in range(len(text) - 1, max(said, self._shortest) - 1, -1):
            if text[:length] in self.value_of and _ends(text[length:], in_json=in_json):
                options.append(text[:length])
                break
        return options

    def begun(self, piece: str, before: str, *, in_json: bool) -> str | None:
        """What of a label a piece begins when the label's start stands behind `before` in the piece's place.

        White space may differ, in text also quotes and emphasis. None when the piece does not reach a label.
        """
        ignored = BLANKS if in_json else BEFORE
        begun = piece[len(before) :] if piece.startswith(before) else _without(piece, before, ignored)
        if begun is None or in_json:
            return begun
        return (begun if self._any_begins_with_marks else begun.lstrip(BEFORE)) or None


class ConfidenceEstimator:
    """Computes the confidence of labels of one single-choice task."""

    def __init__(self, task: SingleChoiceTask) -> None:
        values = [option.value for option in task.options]
        self._values = values
        self._as_text = {value: value for value in values}
        self._as_json = {value: json.dumps(value, ensure_ascii=False)[1:-1] for value in values}
        self._spellings = {True: _Spellings(self._as_json), False: _Spellings(self._as_text)}

    def estimate(
        self, reading: Reading, text: str, logprobs: Sequence[TokenLogprob] | None
    ) -> Confidence | UnknownReason:
        """The confidence of the label that was read from `text`, which `logprobs` generated."""
        if not logprobs:
            return UnknownReason.NO_LOGPROBS
        if reading.span is None:
            return UnknownReason.LABEL_NOT_LOCATED
        try:
            first, before, spelled = _locate(reading.span, text, logprobs)
            masses = self._walk(reading, logprobs, first, before, spelled)
        except _Unknown as unknown:
            return unknown.reason
        return self._distribution(reading.value, masses)

    def _walk(
        self, reading: Reading, logprobs: Sequence[TokenLogprob], first: int, before: str, spelled: str
    ) -> dict[str, float]:
        """Probability mass of each option that got any, not normalized."""
        spellings = self._spellings_for(reading, spelled)
        in_json = reading.in_json
        masses: dict[str, float] = dict.fromkeys(self._values, 0.0)
        label = spelled.casefold()
        reached, said = 1.0, ""
        alive: Sequence[str] = spellings.all
        at_start = True
        for index in range(first, len(logprobs)):
            token = logprobs[index]
            own, alternatives, least, unlisted = _distribution_at(token)
            on_path = token.token.casefold()
            on_path = on_path[len(before) :] if at_start else said + on_path
            following = spellings.leads_to(on_path, len(said), in_json=in_json)
            if label not in following:
                raise _Unknown(UnknownReason.LABEL_NOT_LOCATED)
            seen = set(following)
            for piece, probability in alternatives:
                text = piece.casefold()
                begun = spellings.begun(text, before, in_json=in_json) if at_start else said + text
                if begun is None:
                    continue
                if begun == on_path:
                    own += probability
                    continue
                options = spellings.leads_to(begun, len(said), in_json=in_json)
                seen.update(options)
                if len(options) > 1:
                    options = [option for option in options if option != label]
                for option in options:
                    masses[spellings.value_of[option]] += reached * probability / len(options)
            if unlisted and (unseen := [option for option in alive if option not in seen]):
                share = reached * min(unlisted / len(unseen), least)
                for option in unseen:
                    masses[spellings.value_of[option]] += share
            reached *= own
            if len(following) == 1:
                masses[reading.value] += reached
                return masses
            said, alive, at_start = on_path, following, False
        raise _Unknown(UnknownReason.LABEL_END_NOT_SEEN)

    def _spellings_for(self, reading: Reading, spelled: str) -> _Spellings:
        """The options' spellings; the label's own is the one the model used, if that differs by more than case."""
        usual = self._spellings[reading.in_json]
        if usual.value_of.get(spelled.casefold()) == reading.value:
            return usual
        texts = self._as_json if reading.in_json else self._as_text
        if reading.in_json and "\\u" in spelled:
            texts = {value: json.dumps(value)[1:-1] for value in self._values}
        return _Spellings(texts | {reading.value: spelled})

    def _distribution(self, value: str, masses: Mapping[str, float]) -> Confidence | UnknownReason:
        total = math.fsum(masses.values())
        if not masses[value] or not total:
            return UnknownReason.LABEL_NOT_IN_ALTERNATIVES
        probabilities = {option: mass / total for option, mass in masses.items()}
        own = min(1.0, probabilities[value])
        second = max(share for option, share in probabilities.items() if option != value)
        entropy = -math.fsum(share * math.log(share) for share in probabilities.values() if share > 0)
        return Confidence(own, probabilities, own - second, max(0.0, entropy))


def _locate(span: tuple[int, int], text: str, logprobs: Sequence[TokenLogprob]) -> tuple[int, str, str]:
    """The token where the walk starts, what is generated from its start to the label's, and the label as written.

    The walk starts with the token that holds the character before the label: another tokenization may have made one
    token of that character and the label's beginning.
    """
    generated = "".join(token.token for token in logprobs)
    start, end = span
    if generated != text:
        shift = generated.find(text)
        if shift == -1 or generated.find(text, shift + 1) != -1:
            shift = _only_occurrence(text[start:end], generated) - start
        start, end = start + shift, end + shift
    position = 0
    for index, token in enumerate(logprobs):
        length = len(token.token)
        if position + length >= start and length and (position < start or start == 0):
            return index, generated[position:start].casefold(), generated[start:end]
        position += length
    raise _Unknown(UnknownReason.LABEL_NOT_LOCATED)


def _only_occurrence(label: str, generated: str) -> int:
    """Tokens may spell bytes of a character apart; the label is then looked for alone."""
    at = generated.find(label)
    if at == -1 or generated.find(label, at + 1) != -1:
        raise _Unknown(UnknownReason.LABEL_NOT_LOCATED)
    return at


def _distribution_at(token: TokenLogprob) -> tuple[float, list[tuple[str, float]], float, float]:
    """Probability of the generated token, the other listed ones with theirs, the least listed, and the sum unlisted."""
    own = total = math.exp(min(token.logprob, 0.0))
    others: list[tuple[str, float]] = []
    least = 1.0
    for piece, logprob in token.top:
        probability = math.exp(min(logprob, 0.0))
        least = min(least, probability)
        if piece != token.token:
            others.append((piece, probability))
            total += probability
    if not math.isfinite(total):
        raise _Unknown(UnknownReason.MALFORMED_LOGPROBS)
    unlisted = max(0.0, 1.0 - total)
    if not token.top and unlisted > _ROUNDING:
        raise _Unknown(UnknownReason.NO_ALTERNATIVES)
    return own, others, least, unlisted


def _without(piece: str, before: str, ignored: str) -> str | None:
    """The piece without `before`, whatever is ignored in both; None when `before` is not in it."""
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


def _ends(rest: str, *, in_json: bool) -> bool:
    """Whether what follows an option's text ends it, rather than making another word of it."""
    if in_json:
        return rest.startswith('"')
    return not rest.strip(AFTER + ")]}>") or rest.startswith(("<|", "</s>", "<eos>", "<end_of_turn>"))
