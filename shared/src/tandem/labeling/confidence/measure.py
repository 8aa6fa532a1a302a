"""Confidence: a distribution over options with its margin and entropy, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_AS_GOOD_AS_NOTHING = 1e-9
PRESUMED_LIMIT = 0.01
"""Share of the whole; when more than this was assigned to the other options on suspicion, the confidence is called a
bound."""


ASTRAY_LIMIT = 1 / 40
"""Share of the distribution at the label; when more than this belongs to no option, the confidence is an estimate.

Found on sentiments of two real models: 0.003 to 0.029 of one whose confidence is calibrated as it is, 0.027 to 1 of one
that is overconfident."""


class Method(StrEnum):
    """The way a confidence was found; stored with the label."""

    TOKEN_PROBABILITY = "token_probability"  # noqa: S105 - tokens of a model, no password
    TOKEN_PROBABILITY_BOUND = "token_probability_bound"  # noqa: S105 - tokens of a model, no password
    """Token probability, where some of it may or may not be the label's: the least that the label has."""
    TOKEN_PROBABILITY_ESTIMATE = "token_probability_estimate"  # noqa: S105 - tokens of a model, no password
    """Token probability, where the model would rather have written something else: it was held to the format of the
    answer, or more than a fortieth of the probability at the label belongs to no option. An estimate from the listed
    options.
    """
    AGREEMENT = "agreement"
    STATED = "stated"
    AGENT_AGREEMENT = "agent_agreement"
    DAWID_SKENE = "dawid_skene"
    """Estimated from the labels of several agents and how often each of them is right."""


def loosest(methods: Iterable[Method]) -> Method:
    """Return the method that says least of several that are token probabilities."""
    return max(methods, key=_LOOSENESS.index)


_LOOSENESS = (Method.TOKEN_PROBABILITY, Method.TOKEN_PROBABILITY_BOUND, Method.TOKEN_PROBABILITY_ESTIMATE)


class UnknownReason(StrEnum):
    """The reason why a label has no confidence. The confidence is then absent, never 0 or 1."""

    NO_LOGPROBS = "no_logprobs"
    """The provider gave no log-probabilities."""
    NO_ALTERNATIVES = "no_alternatives"
    """Log-probabilities of the generated tokens alone: nothing to normalize over."""
    LABEL_NOT_LOCATED = "label_not_located"
    """The label's text is not found among the tokens, or stands there more than once."""
    LABEL_END_NOT_SEEN = "label_end_not_seen"
    """The answer ends where a longer option could still have followed, and its likelihood is not reported."""
    LABEL_NOT_IN_ALTERNATIVES = "label_not_in_alternatives"
    """The provider gives the generated label no probability at all."""
    MALFORMED_LOGPROBS = "malformed_logprobs"
    ONE_OPTION = "one_option"
    """The task has no option but this label, so its probability among the options says nothing."""
    FREE_TEXT = "free_text"
    """A short text may say the same in many ways; the probability of its tokens says how it is worded."""
    VERIFIED = "verified"
    """A person decided on it in the job that it comes from: it needs no probability, and no second look."""
    ONE_SAMPLE = "one_sample"
    """Agreement needs at least two answers."""
    NOT_STATED = "not_stated"
    """The model did not say how sure it is."""
    STATED_UNCLEAR = "stated_unclear"
    """The stated confidence is no number on a known scale: `1` may be one per cent or certainty."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """The confidence of a label; where the task has options, a distribution over all of them that sums to 1."""

    value: float
    """Probability of the label that was read."""
    probabilities: dict[str, float] | None
    margin: float | None
    """`value` less the probability of the likeliest other option; negative when that one is likelier. Of a multiple
    choice, that of the option that was decided most narrowly: its probability as decided less that of the contrary."""
    entropy: float | None
    """Entropy in nats; 0 when sure, log(number of options) when clueless. Of a multiple choice, the sum over its
    options.
    """
    method: Method = Method.TOKEN_PROBABILITY
    spans: tuple[float | None, ...] | None = None
    """Confidence of each span of a span task."""


@dataclass(frozen=True, slots=True)
class Partial:
    """The known part of a confidence where the confidence of the whole is not known."""

    reason: UnknownReason
    probabilities: dict[str, float] | None = None
    spans: tuple[float | None, ...] | None = None
    method: Method = Method.TOKEN_PROBABILITY


Assessment = Confidence | Partial | UnknownReason


def tempered(masses: Mapping[str, float], astray: float) -> Mapping[str, float]:
    """Return the masses, drawn together where `astray`, the share that belongs to no option, is over the limit.

    A model that would say none of the options has an opinion on them, but one that it never meant to give. It is
    pooled, by logarithms and with equal weights, with an opinion that knows nothing: 9 to 1 becomes 3 to 1.
    """
    if astray <= ASTRAY_LIMIT:
        return masses
    return {option: math.sqrt(mass) for option, mass in masses.items()}


def over_options(
    value: str, masses: Mapping[str, float], method: Method, *, options: Sequence[str] = ()
) -> Confidence | UnknownReason:
    """Return the confidence in `value` among options with these masses, which need not sum to 1. `options`: those
    without a mass as well."""
    total = math.fsum(masses.values())
    if not masses.get(value) or not total:
        return UnknownReason.LABEL_NOT_IN_ALTERNATIVES
    probabilities = dict.fromkeys(options, 0.0)
    second = entropy = 0.0
    for option, mass in masses.items():
        share = probabilities[option] = mass / total
        if share > 0:
            entropy -= share * math.log(share)
        if share > second and option != value:
            second = share
    own = min(1.0, probabilities[value])
    return Confidence(own, probabilities, own - second, max(0.0, entropy), method)


def over_decisions(
    probabilities: Mapping[str, float], chosen: Collection[str], off: Mapping[str, float]
) -> tuple[float, float | None]:
    """Return the margin and entropy of a multiple choice, whose options stand each alone.

    `off`: of options that are not surely known, by how much they may be off. The margin is then the least that it may
    be, and there is no entropy.
    """
    margin, entropy = 1.0, 0.0
    for option, share in probabilities.items():
        is_chosen = option in chosen
        if not (share or is_chosen or off):
            continue
        narrow = 2 * share - 1 if is_chosen else 1 - 2 * share
        if off:
            narrow = max(-1.0, narrow - 2 * off.get(option, 0.0))
        if narrow < margin:  # noqa: PLR1730 - this is the hot path, and `min` a call
            margin = narrow
        if _AS_GOOD_AS_NOTHING < share < 1:
            entropy -= share * math.log(share) + (1 - share) * math.log(1 - share)
    return margin, None if off else entropy


def entropy_of(probabilities: Mapping[str, float]) -> float:
    """Return the entropy in nats."""
    return max(0.0, -math.fsum(share * math.log(share) for share in probabilities.values() if share > 0))
