"""How sure a model is of its label: the probability of the label's own tokens, normalized over the options.

The provider tells, for each token it generated, what else it might have generated there; `walk` says what follows
from that, whatever the tokenizer does with quotes, spaces and shared beginnings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from tandem.events.annotations import TokenLogprob
from tandem.labeling.confidence.measure import PRESUMED_LIMIT, Confidence, Method, UnknownReason, over_options
from tandem.labeling.confidence.spellings import Spellings
from tandem.labeling.confidence.walk import UnknownError, locate, walk


class OptionProbability:
    """The confidence of labels that are one of some options. Prepared once, used for each answer."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = list(values)
        self._as_text = {value: value for value in self._values}
        self._as_json = {value: json.dumps(value, ensure_ascii=False)[1:-1] for value in self._values}
        self._spellings = {True: Spellings(self._as_json), False: Spellings(self._as_text)}

    def estimate(
        self,
        value: str,
        span: tuple[int, int] | None,
        text: str,
        logprobs: Sequence[TokenLogprob] | None,
        *,
        in_json: bool,
    ) -> Confidence | UnknownReason:
        """The confidence of `value`, read at `span` of `text`, which `logprobs` generated."""
        if not logprobs:
            return UnknownReason.NO_LOGPROBS
        if span is None:
            return UnknownReason.LABEL_NOT_LOCATED
        try:
            generated, place = locate(span, text, logprobs)
            spellings = self._spelled(value, generated[place[0] : place[1]], in_json=in_json)
            found = walk(place, generated, logprobs, spellings, in_json=in_json)
        except UnknownError as unknown:
            return unknown.reason
        masses = dict.fromkeys(self._values, 0.0)
        total = 0.0
        for spelling, mass in found.masses.items():
            masses[spellings.value_of[spelling]] += mass
            total += mass
        bound = found.presumed > PRESUMED_LIMIT * total
        return over_options(value, masses, Method.TOKEN_PROBABILITY_BOUND if bound else Method.TOKEN_PROBABILITY)

    def _spelled(self, value: str, spelled: str, *, in_json: bool) -> Spellings:
        """The options' spellings; the label's own is the one the model used, if that differs by more than case."""
        usual = self._spellings[in_json]
        if usual.value_of.get(spelled.casefold()) == value:
            return usual
        texts = self._as_json if in_json else self._as_text
        if in_json and "\\u" in spelled:
            texts = {option: json.dumps(option)[1:-1] for option in self._values}
        return Spellings(texts | {value: spelled})
