"""The rungs on which one task is read from plain text, from the value alone to the only label that is mentioned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tandem.events.schema import (
    LabelTask,
    options_of,
)
from tandem.labeling.extraction.forms.named_lines import Section
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.kinds.numbers import NumberReader
from tandem.labeling.extraction.outcome import Found, ValueReader, agreed, ambiguous, loosened
from tandem.labeling.extraction.prose.first_sentence import denies, first_sentence
from tandem.labeling.extraction.prose.mentions import Mentions
from tandem.labeling.extraction.prose.stances import Stance
from tandem.labeling.extraction.prose.statements import (
    SENTENCE_STOP,
    Statements,
    contrast,
    is_denied,
    is_example,
    is_flat_retraction,
    is_not_meant,
    is_refusal,
    outer_lines,
    paragraphs,
    retraction,
    without_chatter,
)
from tandem.labeling.reading import Reading, Rule, Unreadable, UnreadableReason
from tandem.labeling.values import key_of

PROSE_LIMIT = 20_000
"""Maximum characters of prose that is searched for a label."""

_IS_JSON = re.compile(r"""(?:```\w*\s*)?[{\[]+\s*["'\u201c]?[\w -]{1,60}["'\u201d]?\s*:""")
"""Beginning of JSON that was not read: no text that a title could be."""
_CHOICES = re.compile(
    r"^[ \t*_#-]*(?:option|version|alternative|variant|suggestion)\s+\w{1,2}\s*[*_]*:", re.IGNORECASE | re.MULTILINE
)
"""Texts to choose from."""
_NOT_MEANT = Unreadable(UnreadableReason.AMBIGUOUS, "the answer gives a value as an example, or denies it")


class TextRungs:
    """Reads one task from plain text."""

    def __init__(self, task: LabelTask, reader: ValueReader, *, alone: bool) -> None:
        """Prepare the rungs. `alone`: whether it is the schema's only task, so that the whole answer may be its
        value.
        """
        self._task = task
        self._traits = task.traits
        self._reader = reader
        self._alone = alone
        self._statements = Statements(task.name, alone=alone)
        self._mentions = Mentions(options_of(task)) if task.traits.is_one_label else None

    def read(  # noqa: PLR0911 - rung by rung
        self, stretch: Stretch, sections: Sequence[Section], fields: Mapping[str, str]
    ) -> Found:
        own = [section for section in sections if section.name in (self._task.name, "")]
        bare = self._said_alone(stretch, own, fields)
        named = self._named(own, fields) if own else None
        if isinstance(bare, Reading):
            if isinstance(named, Reading) and key_of(named.value) != key_of(bare.value):
                return ambiguous([named.value, bare.value])
            return bare
        if bare.reason in (UnreadableReason.AMBIGUOUS, UnreadableReason.OUT_OF_RANGE, UnreadableReason.NOT_IN_TEXT):
            return bare
        if named is not None:
            return self.unless_retracted(named, stretch)
        found = self._stated(stretch, fields) if len(stretch.text) <= PROSE_LIMIT else None
        if found is not None:
            return self.unless_retracted(self._or_first_sentence(found, stretch, fields), stretch)
        if is_refusal(stretch.text):
            return Unreadable(UnreadableReason.REFUSED, "the model does not answer")
        if not self._alone:
            return bare
        if isinstance(mistyped := self._reader.mistyped(stretch), Reading):
            return mistyped
        return self.unless_retracted(self._asserted(stretch, bare, fields), stretch)

    def unless_retracted(self, found: Found, stretch: Stretch) -> Found:  # noqa: PLR0911 - a way to take back a return
        """Return what was read, unless the answer takes it back behind it, or says before it that it is not meant."""
        if not isinstance(found, Reading) or not found.places or found.place is None:
            return found
        start, end = found.place
        line = stretch.answer[stretch.start : start]
        if found.in_json and is_not_meant(line.rpartition("{")[0]):
            return _NOT_MEANT
        begins_line = stretch.answer.rfind("\n", stretch.start, start) + 1
        if is_denied(stretch.answer[end : stretch.end]) or is_example(stretch.answer[stretch.start : begins_line]):
            return _NOT_MEANT
        taken_back = retraction(stretch.answer[end : stretch.end])
        if taken_back is None:
            return self._unless_opposed(found, stretch, end)
        if self._mentions is None:
            return found if self._traits.is_free_text or not is_flat_retraction(taken_back) else _NOT_MEANT
        behind = Stretch(stretch.answer, stretch.end - len(taken_back), stretch.end)
        said = {mention.value for mention in self._mentions.all(behind) if mention.stance is not Stance.DENIED}
        if said - {str(found.value)}:
            return ambiguous({str(found.value), *said})
        return _NOT_MEANT if not said and is_flat_retraction(taken_back) else found

    def _unless_opposed(self, found: Reading, stretch: Stretch, end: int) -> Found:
        """Return what was read, unless the answer sets another label against it: "positive. But overall negative"."""
        if self._mentions is None or (opposed := contrast(stretch.answer[end : stretch.end])) is None:
            return found
        behind = Stretch(stretch.answer, stretch.end - len(opposed), stretch.end)
        said = {mention.value for mention in self._mentions.all(behind) if mention.stance is Stance.ASSERTED}
        return ambiguous({str(found.value), *said}) if said - {str(found.value)} else found

    def _said_alone(self, stretch: Stretch, sections: Sequence[Section], fields: Mapping[str, str]) -> Found:
        if not self._alone or (sections and not self._traits.fits_in_sentence):
            return Unreadable(UnreadableReason.MISSING_TASK, f"the answer does not mention {self._task.name!r}")
        if self._traits.is_free_text:
            return self._text_alone(stretch, fields)
        found = self._reader.in_text(stretch, fields)
        if isinstance(found, Unreadable) and found.reason is UnreadableReason.NOT_IN_SCHEMA:
            return Unreadable(UnreadableReason.NO_OPTION, found.detail)
        return found

    def _text_alone(self, stretch: Stretch, fields: Mapping[str, str]) -> Found:
        """Return a short text that is the whole answer, but for what leads to it and the chatter behind it."""
        if is_refusal(stretch.text):
            return Unreadable(UnreadableReason.REFUSED, "the model does not answer")
        text = without_chatter(stretch)
        if (
            text is None
            or len(_CHOICES.findall(text.text)) > 1
            or _IS_JSON.match(text.text)
            or self._statements.values(text)
        ):
            return Unreadable(UnreadableReason.NO_OPTION, "the answer is not the text alone")
        found = self._reader.in_text(text, fields)
        return found if text == stretch else loosened(found, Rule.NORMALIZED)

    def _named(self, sections: Sequence[Section], fields: Mapping[str, str]) -> Found:
        final = [section for section in sections if section.is_final]
        return agreed([self._section(section, fields) for section in final or sections])

    def _section(self, section: Section, fields: Mapping[str, str]) -> Found:
        first: Found | None = None
        for value in self._values_of(section.value):
            found = self._reader.in_text(value, fields)
            first = first or found
            if isinstance(found, Reading):
                return loosened(found, Rule.NAMED_LINE)
        for values in self._statements.values(section.value):
            if isinstance(found := self._first_of(values, fields), Reading):
                return loosened(found, Rule.FINAL_STATEMENT)
        if (sentence := self._first_sentence(section.value, fields)) is not None:
            return loosened(sentence, Rule.NAMED_LINE)
        for likely in (self._reader.mistyped(section.value), self._asserted(section.value, first, fields)):
            if isinstance(likely, Reading):
                return loosened(likely, Rule.NAMED_LINE)
        return first or Unreadable(UnreadableReason.EMPTY, f"nothing stands behind {self._task.name!r}")

    def _first_sentence(self, value: Stretch, fields: Mapping[str, str]) -> Reading | None:
        """Return a label that is the first sentence, where those behind it assert no other."""
        stop = SENTENCE_STOP.search(value.text)
        if self._mentions is None or stop is None:
            return None
        found = self._reader.in_text(value.part(0, stop.start()), fields)
        behind = value.part(stop.end(), value.end - value.start)
        settled = (Stance.LOOSE, Stance.DENIED)
        said = {mention.value for mention in self._mentions.all(behind) if mention.stance not in settled}
        return found if isinstance(found, Reading) and not said - {found.value} else None

    def _values_of(self, value: Stretch) -> list[Stretch]:
        """Return the stretches that may be a section's value: all of it, or what stands before an explanation."""
        if self._traits.is_free_text:
            return [without_chatter(value) or value]
        if self._traits.lies_in_record:
            return [value]
        parts = [value, next(paragraphs(value)), next(value.lines(), value)]
        return list(dict.fromkeys(parts))

    def _stated(  # noqa: PLR0911 - a form a return
        self, stretch: Stretch, fields: Mapping[str, str]
    ) -> Found | None:
        """Read a closing statement, or the only task's value from a line of its own; return None where there is
        neither.
        """
        if self._traits.is_free_text:
            return None
        stated = [self._first_of(values, fields) for values in self._statements.values(stretch)]
        if not stated and (concluded := self._concluded(stretch, fields)) is not None:
            return concluded
        if isinstance(found := agreed(stated) if stated else None, Reading):
            return loosened(self._unless_outdone(found, stretch), Rule.FINAL_STATEMENT)
        if not self._alone or (stated and self._traits.fits_in_sentence):
            return None
        if self._traits.has_parts:
            return self._from_paragraphs(stretch, fields)
        lines = [
            found for line in outer_lines(stretch) if isinstance(found := self._reader.in_text(line, fields), Reading)
        ]
        if not lines:
            return None
        others = [found for line in stretch.lines() if isinstance(found := self._reader.in_text(line, fields), Reading)]
        return loosened(agreed([*lines, *others]), Rule.FINAL_STATEMENT)

    def _concluded(self, stretch: Stretch, fields: Mapping[str, str]) -> Found | None:
        """Return the one value that the text ends in as its conclusion, where no line and no sentence gives another."""
        if not self._alone or not self._traits.fits_in_sentence:
            return None
        last = self._statements.conclusion(stretch)
        found = None if last is None else self._reader.in_text(last, fields)
        if last is None or not isinstance(found, Reading):
            return None
        lines = [self._reader.in_text(line, fields) for line in stretch.lines()]
        found = agreed([*(each for each in lines if isinstance(each, Reading)), found])
        before = Stretch(stretch.answer, stretch.start, last.start)
        if self._mentions is not None and isinstance(found, Reading):
            settled = (Stance.DENIED, Stance.ASKED, Stance.DOUBTED)
            said = {each.value for each in self._mentions.all(before) if each.stance not in settled}
            found = ambiguous({str(found.value), *said}) if said - {str(found.value)} else found
        return loosened(found, Rule.FINAL_STATEMENT)

    def _first_of(self, values: Sequence[Stretch], fields: Mapping[str, str]) -> Found:
        found = [self._reader.in_text(value, fields) for value in values]
        return next((each for each in found if isinstance(each, Reading)), found[0])

    def _unless_outdone(self, found: Reading, stretch: Stretch) -> Found:
        """Return a statement, unless another label is mentioned behind it, or its own is denied there."""
        if self._mentions is None or found.place is None:
            return found
        said = self._mentions.values_in(stretch.answer[found.place[1] : stretch.end])
        if others := said - {str(found.value)}:
            return ambiguous({str(found.value), *others})
        behind = Stretch(stretch.answer, found.place[1], stretch.end)
        return ambiguous([]) if said and denies(self._mentions, behind, str(found.value)) else found

    def _from_paragraphs(self, stretch: Stretch, fields: Mapping[str, str]) -> Found | None:
        """Return the only paragraph that holds a value, where no other may."""
        found = [self._reader.in_text(part, fields) for part in paragraphs(stretch)]
        good = [each for each in found if isinstance(each, Reading)]
        if len(good) != 1 or not good[0].value:
            return None
        if any(isinstance(each, Unreadable) and each.reason is not UnreadableReason.NOT_IN_SCHEMA for each in found):
            return None
        return loosened(good[0], Rule.FINAL_STATEMENT)

    def mentioned(self, text: str) -> Reading | None:
        """Return the label that a text asserts which should have been one; its place is in the text."""
        found = None if self._mentions is None else self._mentions.asserted(Stretch.whole(text))
        return Reading(found[0], Rule.MENTION, (found[1],)) if isinstance(found, tuple) else None

    def _asserted(self, stretch: Stretch, otherwise: Found | None, fields: Mapping[str, str]) -> Found:
        nothing = otherwise or Unreadable(UnreadableReason.NO_OPTION, f"the answer gives no {self._task.name!r}")
        if len(stretch.text) > PROSE_LIMIT:
            return nothing
        if isinstance(self._reader, NumberReader):
            found = self._reader.asserted(stretch)
            return found if isinstance(found, Reading) or found.reason is UnreadableReason.AMBIGUOUS else nothing
        if self._mentions is None:
            return nothing
        mentioned = self._mentions.asserted(stretch)
        if isinstance(mentioned, Unreadable):
            if mentioned.reason is UnreadableReason.NO_OPTION:
                return nothing
            return self._or_first_sentence(mentioned, stretch, fields)
        value, place = mentioned
        return Reading(value, Rule.MENTION, (place,))

    def _or_first_sentence(self, found: Found, stretch: Stretch, fields: Mapping[str, str]) -> Found:
        """Return the label that the first sentence asserts, where the answer as a whole seems undecided."""
        if isinstance(found, Reading) or found.reason is not UnreadableReason.AMBIGUOUS or self._mentions is None:
            return found
        if not self._alone or (opening := first_sentence(self._mentions, stretch, fields)) is None:
            return found
        return Reading(opening[0], Rule.FIRST_SENTENCE, (opening[1],))
