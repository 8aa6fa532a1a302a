"""The probability of the label's own tokens, normalized over the options: how sure a model is of its label.

The provider reports, for each generated token, its alternatives there; `walk` derives the options' probabilities
from them, whatever the tokenizer does with quotes, spaces and shared beginnings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import (
    ASTRAY_LIMIT,
    PRESUMED_LIMIT,
    Confidence,
    Method,
    UnknownReason,
    over_options,
    tempered,
)
from tandem.labeling.confidence.spellings import Spellings, ends_string, ends_words
from tandem.labeling.confidence.walk import walk
from tandem.labeling.reading import Place


class OptionProbability:
    """The confidence of labels that are one of some options. Prepared once, used for each answer."""

    def __init__(self, texts: Mapping[str, str], *, ends: Callable[[str], bool] | None = None) -> None:
        """Prepare the options. `texts`: each spelling of an option to its value. `ends`: tells what ends an option;
        when left out, options end as strings do.

        With `ends` given, options stand in JSON as they stand in text: numbers do.
        """
        self._values = list(dict.fromkeys(texts.values()))
        self._in_text = texts
        self._in_json = json_spellings(texts) if ends is None else texts
        self._ends = {True: ends or ends_string, False: ends or ends_words}
        self._spellings = {
            True: Spellings(self._in_json, self._ends[True], in_json=True),
            False: Spellings(self._in_text, self._ends[False], in_json=False),
        }

    def estimate(
        self, value: str, place: Place | None, answer: str, generated: Generated, *, in_json: bool
    ) -> Confidence | UnknownReason:
        """Return the confidence of `value`, read at `place` of the answer that the tokens `generated` spell."""
        if place is None:
            return UnknownReason.LABEL_NOT_LOCATED
        try:
            start, end = generated.locate(place, answer)
            spellings = self._spelled(value, generated.text[start:end], in_json=in_json)
            found = walk((start, end), generated, spellings, in_json=in_json)
        except UnknownError as unknown:
            return unknown.reason
        settled = found.settled(spellings)
        masses: dict[str, float] = {}
        value_of = spellings.value_of
        for spelling, mass in settled.masses.items():
            option = value_of[spelling]
            masses[option] = masses.get(option, 0.0) + mass
        if found.held_to_format or (in_json and found.astray > ASTRAY_LIMIT):
            # in text, what begins no option may still lead to one: `The sentiment is positive`
            masses = dict(tempered(masses, found.astray))
            method = Method.TOKEN_PROBABILITY_ESTIMATE
        elif settled.presumed and settled.presumed > PRESUMED_LIMIT * sum(masses.values()):
            method = Method.TOKEN_PROBABILITY_BOUND
        else:
            method = Method.TOKEN_PROBABILITY
        return over_options(value, masses, method, options=self._values)

    def _spelled(self, value: str, spelled: str, *, in_json: bool) -> Spellings:
        """Return the options' spellings, with the spelling that the model used for the label if that differs by more
        than case."""
        usual = self._spellings[in_json]
        if usual.value_of.get(spelled.casefold()) == value:
            return usual
        texts = self._in_json if in_json else self._in_text
        return Spellings({**texts, spelled: value}, self._ends[in_json], in_json=in_json)


def json_spellings(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the spellings as they stand between the quotes of JSON strings: characters beyond ASCII as they are, or
    escaped."""
    as_they_are = {json.dumps(text, ensure_ascii=False)[1:-1]: value for text, value in texts.items()}
    return as_they_are | {json.dumps(text)[1:-1]: value for text, value in texts.items()}
