"""Confidence of each label of a multiple choice, and of the set of them.

A list of labels is a chain of decisions: at each place one label more, or the end (`lists`). For each option,
the probability of answers that hold it is compared with that of answers that do not:

    included = sum over the places before it is decided of  P(the list so far) * P(it is said here)
    excluded = sum over the same places of                  P(the list so far) * P(end, or an option behind it, here)
    P(option) = included / (included + excluded)

The second line takes options to be listed in the order of the schema; the third that what was not seen (how the model
would have gone on after another label) is as what was. An option is left out where less than half is seen to decide on
it, or where more than a fiftieth of that may or may not belong to it: where alternatives begin several options at once,
or are not listed. Where the order is seen to be broken, an option that was said has `included` itself, which is the
least it can have, and of the others only the end excludes them.

The confidence of the set is the product of the probabilities of what was said at each place, the end included. It
assumes nothing where options are listed in one order; where they are not, the same set has other ways to be said, and
it is a bound from below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from operator import itemgetter

from tandem.events.schema import MultipleChoiceTask
from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.lists import END, ListSlots, Slot, method_of
from tandem.labeling.confidence.measure import Assessment, Confidence, UnknownReason, over_decisions
from tandem.labeling.confidence.spellings import spellings_of
from tandem.labeling.confidence.token_probability import json_spellings
from tandem.labeling.reading import Reading

_PLACE = itemgetter(1)
UNTOLD_LIMIT = 0.02
"""Share of the evidence on an option; when more than this may or may not belong to it, its probability is not
reported."""
LEAST_SEEN = 0.5
"""Least share of the evidence on an option that must be seen; below it, the unseen part might say otherwise, so its
probability is not reported either."""
DISORDER_LIMIT = 0.01
"""Probability of an option behind one that follows it in the schema, from which on the order is not the schema's."""


class MultipleChoiceProbability:
    """The confidence of multiple choices of one task."""

    def __init__(self, task: MultipleChoiceTask) -> None:
        self._values = [option.value for option in task.options]
        self._index = {value: index for index, value in enumerate(self._values)}
        texts = spellings_of(task.options)
        self._slots = ListSlots(self._values, texts, json_spellings(texts))
        self._empty = EmptyList(task.name)

    def estimate(self, reading: Reading, answer: str, generated: Generated) -> Assessment:
        """Return the confidence of the labels that were read from the answer that was generated so."""
        labels = [str(label) for label in reading.value] if isinstance(reading.value, tuple) else []
        try:
            if labels:
                places = zip(labels, reading.places, strict=True)
                said = sorted([(label, _located(place, answer, generated)) for label, place in places], key=_PLACE)
                slots = self._slots.of(said, generated, in_json=reading.in_json)
            else:
                slots = [self._slots.of_none(self._empty.find(generated, in_json=reading.in_json), generated)]
        except UnknownError as unknown:
            return unknown.reason
        return self._confidence(labels, slots)

    def _confidence(self, labels: Sequence[str], slots: Sequence[Slot]) -> Confidence:
        in_order = self._in_order(slots)
        chosen = set(labels)
        included, excluded, untold, whole = self._decisions(slots, in_order=in_order)
        probabilities = dict.fromkeys(self._values, 0.0)
        off: dict[str, float] = {}
        for value, mass in included.items():
            decided = mass + excluded[value]
            if mass:
                probabilities[value] = mass / decided
            if decided < LEAST_SEEN or untold[value] > UNTOLD_LIMIT * decided:
                off[value] = max(1 - decided, untold[value] / decided if decided else 1.0)
        if not in_order:
            probabilities |= {value: min(1.0, included[value]) for value in chosen}
        margin, entropy = over_decisions(probabilities, chosen, off)
        for value in off:
            del probabilities[value]
        method = method_of(slots, is_bound=not in_order)
        return Confidence(whole, probabilities, margin, entropy, method)

    def _decisions(
        self, slots: Sequence[Slot], *, in_order: bool
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float], float]:
        """Return each option's included, excluded and doubtful probability, and the probability of the list.

        Options of which nothing is said, and nothing in doubt, are left out.
        """
        undecided = self._values
        seen: set[str] = set()
        for slot in slots:
            if slot.untold or slot.unseen:
                break
            seen.update(slot.shares)
        else:
            undecided = [value for value in undecided if value in seen]
        included = dict.fromkeys(undecided, 0.0)
        excluded, untold = included.copy(), included.copy()
        reached = 1.0
        for slot in slots:
            shares = slot.shares
            for mass, options in slot.untold:
                for value in self._in_doubt(options, undecided, in_order=in_order):
                    untold[value] += reached * mass
            out = reached * shares.get(END, 0.0)
            for value in reversed(undecided):
                share = reached * shares.get(value, 0.0)
                included[value] += share
                excluded[value] += out
                if in_order:
                    out += share
            undecided = self._behind(slot.said, undecided, in_order=in_order)
            if slot.unseen:
                for value in undecided:
                    untold[value] += reached * slot.unseen
            reached *= slot.path
        return included, excluded, untold, reached

    def _in_doubt(self, options: Collection[str] | None, undecided: Sequence[str], *, in_order: bool) -> Sequence[str]:
        """Return the undecided options for which it matters to which of `options` probability belongs."""
        if options is None:
            return undecided
        if not in_order:
            return [value for value in undecided if value in options or END in options]
        places = [self._index.get(option, len(self._values)) for option in options]  # the end is behind all
        first, last = min(places), max(places)
        return [value for value in undecided if first <= self._index[value] <= last]

    def _behind(self, said: str, undecided: list[str], *, in_order: bool) -> list[str]:
        """Return the undecided options that remain undecided once this one was said."""
        if said == END:
            return undecided
        at = self._index[said]
        return [value for value in undecided if (self._index[value] > at if in_order else value != said)]

    def _in_order(self, slots: Sequence[Slot]) -> bool:
        """Return True when nothing contradicts that options are listed in the order of the schema."""
        last = -1
        for slot in slots:
            if last >= 0:
                early = [share for value, share in slot.shares.items() if value != END and self._index[value] <= last]
                if early and sum(early) > DISORDER_LIMIT:
                    return False
            if slot.said != END:
                last = self._index[slot.said]
        return True


class EmptyList:
    """Finds the list of a task that is empty in the JSON of an answer."""

    def __init__(self, task: str) -> None:
        self._of_task = re.compile(re.escape(json.dumps(task)) + r"\s*:\s*(\[\s*\])", re.IGNORECASE)
        self._any = re.compile(r"(\[\s*\])")
        self._key = re.compile(r'"\s*:')

    def find(self, generated: Generated, *, in_json: bool) -> tuple[int, int]:
        """Return the list's place. Raises UnknownError."""
        if in_json:
            is_alone = len(self._key.findall(generated.text)) <= 1  # else the only empty list may be another task's
            for pattern in (self._of_task, self._any) if is_alone else (self._of_task,):
                found = [match.span(1) for match in pattern.finditer(generated.text)]
                if len(found) == 1:
                    return found[0]
        raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)


def _located(place: tuple[int, int] | None, answer: str, generated: Generated) -> tuple[int, int]:
    if place is None:
        raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
    return generated.locate(place, answer)
