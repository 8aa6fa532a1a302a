"""A list of labels, place by place: at each the model says one label more, or that the list ends.

Behind every label of a list the model chooses between the labels that it did not say yet and the end. So a place is a
choice between texts that begin where the label before it ends: `", "b`, `", "c` and `"]`, which `walk` weighs as it
weighs the options of a single choice.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

from tandem.labeling.confidence.generated import Generated, UnknownError
from tandem.labeling.confidence.measure import PRESUMED_LIMIT, Method, UnknownReason, tempered
from tandem.labeling.confidence.spellings import Spellings, ends_string, ends_words
from tandem.labeling.confidence.walk import distribution_at, walk
from tandem.labeling.reading import Place

END = ""
"""Stands among the options for the end of the list; no option is empty."""

BRACKET = "["
"""Alone in front of the options, these are beginnings: whatever follows them ends them."""
_EMPTY = {True: "[]", False: "none"}
"""Spelling of an empty list."""
_SEPARATORS = (",", ";", "|", "/", "\n", " and ", " & ")
_KEPT = 256
_ROUNDING = 1e-6
_AS_GOOD_AS_CERTAIN = 1 - 1e-5
_LONGEST_CLOSE = 20
_JSON_CLOSE = re.compile(r'"\s*\]')


class Slot(NamedTuple):
    """Place of a list, with the alternatives that the model might have said there."""

    said: str
    """The option it said, or END."""
    shares: Mapping[str, float]
    """Option, or END, to its probability here; those that are left out have none. They sum to 1, or to less where some
    went elsewhere before."""
    path: float
    """Probability of the very tokens generated here: at most that of what was said."""
    is_bound: bool
    """True when probability was assigned to other options on suspicion."""
    is_estimate: bool
    """True when the model was held to the format here."""
    untold: Sequence[tuple[float, Collection[str] | None]]
    """Probability that may belong to any of these options; where it is None, to any at all."""

    unseen: float
    """Part of the chosen option's probability that lies in other tokens that spell it: what would have followed them is
    unknown.
    """


def method_of(slots: Iterable[Slot], *, is_bound: bool = False) -> Method:
    """Return how a confidence was found that rests on these slots."""
    for slot in slots:
        if slot.is_estimate:
            return Method.TOKEN_PROBABILITY_ESTIMATE
        is_bound = is_bound or slot.is_bound
    return Method.TOKEN_PROBABILITY_BOUND if is_bound else Method.TOKEN_PROBABILITY


class ListSlots:
    """The places of lists whose labels are some options. Prepared once, used for each answer."""

    def __init__(self, values: Sequence[str], texts: Mapping[str, str], quoted: Mapping[str, str]) -> None:
        """Prepare the options. `values`: in schema order. `texts`, `quoted`: spelling to option, in text and in
        JSON."""
        self._order = {value: index for index, value in enumerate(values)}
        self._texts = {False: texts, True: quoted}
        self._kept: OrderedDict[tuple[object, ...], _ListSpellings] = OrderedDict()

    def of(self, said: Sequence[tuple[str, Place]], generated: Generated, *, in_json: bool) -> list[Slot]:
        """Return one slot for each place of a list. `said`: the labels with their places in the generated text, in the
        order of the text. Raises UnknownError."""
        text = generated.text
        start = _opening(text, said[0][1][0]) if in_json else said[0][1][0]
        behind = said[-1][1][1]
        close = _closing(text, behind, in_json=in_json)
        lead = text[start : said[0][1][0]]
        slots: list[Slot] = []
        before: list[str] = []
        token = 0
        for value, (first, last) in said:
            lead = text[start:first]
            ends = close if before else _EMPTY[in_json]
            spellings = self._spellings(lead, ends, before, (value, text[first:last]), in_json=in_json)
            begin = start if before else None
            slot, token = _slot(value, (start, last), generated, spellings, in_json=in_json, begin=begin, behind=token)
            slots.append(slot)
            before.append(value)
            start = last
        if len(said) == 1:
            lead = f'",{lead[1:-1] or " "}"' if in_json else ", "
        end = self._spellings(lead, close, before, None, in_json=in_json)
        try:
            slot, _ = _slot(
                END, (start, start + len(close)), generated, end, in_json=in_json, begin=start, behind=token
            )
        except UnknownError as error:
            raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN) from error
        slots.append(slot)
        return slots

    def of_none(self, place: Place, generated: Generated, *, lead: str = '["') -> Slot:
        """Return the one slot of an empty list, which stands at `place`, in JSON. Raises UnknownError."""
        brackets = generated.text[place[0] : place[1]]
        spellings = self._spellings(lead, brackets, [], None, in_json=True)
        return _slot(END, place, generated, spellings, in_json=True)[0]

    def _spellings(
        self, lead: str, close: str, before: Sequence[str], own: tuple[str, str] | None, *, in_json: bool
    ) -> _ListSpellings:
        texts = self._texts[in_json]
        usual = own is None or texts.get(own[1]) == own[0]
        key = (lead, close, tuple(before), in_json) if usual else (lead, close, tuple(before), in_json, own)
        if (kept := self._kept.get(key)) is not None:
            return kept
        if not usual and own is not None:
            texts = {**texts, own[1]: own[0]}
        said = set(before)
        last = max((self._order[value] for value in before), default=-1)
        made = {f"{lead}{text}": value for text, value in texts.items() if value not in said}
        behind = (text.casefold() for text, value in made.items() if self._order[value] > last)
        likely = frozenset((close.casefold(), *behind))
        spellings = self._kept[key] = _ListSpellings(made, lead, close, likely, in_json=in_json)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return spellings


def _slot(
    value: str,
    place: Place,
    generated: Generated,
    spellings: _ListSpellings,
    *,
    in_json: bool,
    begin: int | None = None,
    behind: int = 0,
) -> tuple[Slot, int]:
    """Return the slot, and the index behind its last token.

    `begin`: where the label before it ends, which stands in tokens up to `behind`.
    """
    certain = 1.0
    found = walk(place, generated, spellings, in_json=in_json, begin=begin, weighed=behind)
    if begin is not None and not found.held_to_format and behind < (first := generated.token_at(begin)):
        for skipped in generated.tokens[behind:first]:
            certain *= distribution_at(skipped)[0]  # where another label could still have parted unseen
    masses, presumed, shared = found.settled(spellings)
    total = fsum(masses.values())
    path = certain * found.path
    if not path > 0:
        raise UnknownError(UnknownReason.LABEL_NOT_IN_ALTERNATIVES)
    path = min(1.0, path / total)
    value_of = spellings.value_of
    shares: dict[str, float] = {}
    scale = certain / total
    for spelling, mass in masses.items():
        option = value_of[spelling]
        shares[option] = shares.get(option, 0.0) + mass * scale
    untold: list[tuple[float, Collection[str] | None]] = []
    for mass, options in shared:
        untold.append((mass * scale, None if options is None else {value_of[option] for option in options}))
    if certain < _AS_GOOD_AS_CERTAIN:
        untold.append((1 - certain, None))
    if found.unlisted_before:
        untold.append((certain * found.unlisted_before / (found.unlisted_before + total), None))
    if found.held_to_format:
        told = shares[value]
        shares = _normalized(tempered(shares, found.astray), fsum(shares.values()))
        path *= shares[value] / told
    unseen = shares[value] - path
    is_bound = presumed > PRESUMED_LIMIT * total
    unseen = unseen if unseen > _ROUNDING else 0.0
    return Slot(value, shares, path, is_bound, found.held_to_format, untold, unseen), found.behind


def _normalized(masses: Mapping[str, float], total: float) -> dict[str, float]:
    scale = total / fsum(masses.values())
    return {option: mass * scale for option, mass in masses.items()}


class _ListSpellings(Spellings):
    """The texts that may follow a label of a list: each option with what leads to it, and the end."""

    one_text_each = False

    def __init__(
        self, texts: Mapping[str, str], lead: str, close: str, likely: frozenset[str], *, in_json: bool
    ) -> None:
        self._lead = lead.casefold()
        self._close = close.casefold()
        self._lead_is_all = lead == BRACKET
        self._bare = (_bare(self._lead), _bare(self._close))
        self._more = {text: _bare(text) for text in sorted(text.casefold() for text in texts)}
        ends = ends_string if in_json else _ends_item(lead.strip(), close.strip())
        super().__init__({**texts, close: END}, ends, in_json=in_json, likely=likely)

    def _leads_to(self, text: str, said: int) -> list[str]:
        found = super()._leads_to(text, said)
        if found or text.startswith(self._lead):
            return found
        bare = _bare(text)
        lead, close = self._bare
        if not bare or not lead:
            return found
        if close and (close.startswith(bare) or bare.startswith(close)):
            found.append(self._close)
        if lead.startswith(bare) or bare.startswith(lead):  # laid out otherwise than this list is
            begun = [option for option, own in self._more.items() if own.startswith(bare) or bare.startswith(own)]
            found += begun or self._more
        return found

    def _ended(self, option: str, rest: str) -> bool:
        return self._lead_is_all or option == self._close or super()._ended(option, rest)


def _bare(text: str) -> str:
    return "".join(text.split())


def _ends_item(separator: str, close: str) -> Callable[[str], bool]:
    marks = tuple(mark for mark in (separator, close, *_SEPARATORS) if mark)

    def ends(rest: str) -> bool:
        return rest.startswith(marks) or ends_words(rest)

    return ends


def _opening(text: str, first: int) -> int:
    """Return where the list begins whose first label stands at `first`."""
    start = text.rfind("[", 0, first)
    if start == -1 or text[start + 1 : first].strip() != '"':
        raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
    return start


def _closing(text: str, behind: int, *, in_json: bool) -> str:
    """Return what ends the list whose last label ends at `behind`."""
    if in_json:
        if (close := _JSON_CLOSE.match(text, behind)) is None:
            raise UnknownError(UnknownReason.LABEL_NOT_LOCATED)
        return close[0]
    line = text[behind : behind + _LONGEST_CLOSE]
    if not line:
        raise UnknownError(UnknownReason.LABEL_END_NOT_SEEN)
    return line[0]
