"""Ids for rows that bring none: made of the content, so that the same row has the same id whenever it is imported.

An id is the beginning of the content's hash; an equal row further down in the file has its number behind it: `-2`.
So a file that is imported again brings nothing new, one that was appended to brings the appended rows, and a corrected
row changes no other's id.

How often a row came before in the file is read from what is stored, not remembered: the numbers of a content that came
so far are 1 to n without a gap, so a search for the last of them takes a few looks. What of the data set's older
records came again is one bit a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem.store.records.writer import ExistingKey, RecordWriter

ID_CHARACTERS = 24
"""96 bits: of a billion different contents two are the same with a probability of 1 in 10^11."""
REMEMBERED = 100_000
"""Contents whose last number is kept in memory, to spare the search."""


def made_id(content_hash: str, number: int) -> str:
    """Return the id of a row. `number`: which of the equal rows of the file it is, from 1."""
    beginning = content_hash[:ID_CHARACTERS]
    return beginning if number == 1 else f"{beginning}-{number}"


class MadeIds:
    """Makes the ids of one import. All methods raise StoreUnavailableError."""

    def __init__(self, records: RecordWriter, dataset_id: str, import_id: str, *, visible_below: int) -> None:
        self._records = records
        self._dataset_id = dataset_id
        self._import_id = import_id
        self._visible_below = visible_below
        self._came_again = bytearray(visible_below // 8 + 1)
        self._last: dict[str, int] = {}
        self.repeated = 0
        """Number of rows that are equal to an earlier one of the file."""

    async def of(self, content_hashes: Sequence[str]) -> list[str]:
        """Return the ids of the file's next rows. All rows before must be imported or be in the data set, and reported
        to `came`."""
        unknown = list(dict.fromkeys(content for content in content_hashes if content not in self._last))
        last = {content: self._last[content] for content in content_hashes if content in self._last}
        last |= await self._search(unknown)
        ids = []
        for content in content_hashes:
            last[content] += 1
            self.repeated += last[content] > 1
            ids.append(made_id(content, last[content]))
        if len(self._last) + len(last) > REMEMBERED:
            self._last.clear()
        self._last |= {content: number for content, number in last.items() if number > 1}
        return ids

    def came(self, existing: Mapping[str, ExistingKey]) -> None:
        """Record that these ids of the batch are in the data set already."""
        for stored in existing.values():
            if stored.seq < self._visible_below:
                self._came_again[stored.seq // 8] |= 1 << stored.seq % 8

    async def _search(self, contents: Sequence[str]) -> dict[str, int]:
        """Return the last number of each content in the file so far, 0 for none: search by doubling, then by
        halving."""
        # A content that came 5 times: 1, 2 and 4 are stored, 8 is not, nor is 6; 5 is, so the last number is 5.
        came = dict.fromkeys(contents, 0)
        came_not: dict[str, int] = {}
        while True:
            looks = {}
            for content, low in came.items():
                high = came_not.get(content)
                if high is None:
                    looks[content] = max(1, 2 * low)
                elif high - low > 1:
                    looks[content] = (low + high) // 2
            if not looks:
                return came
            ids = {content: made_id(content, number) for content, number in looks.items()}
            existing = await self._records.existing(self._dataset_id, list(ids.values()))
            for content, number in looks.items():
                stored = existing.get(ids[content])
                (came if stored is not None and self._is_of_this_file(stored) else came_not)[content] = number

    def _is_of_this_file(self, stored: ExistingKey) -> bool:
        if stored.seq < self._visible_below:
            return bool(self._came_again[stored.seq // 8] >> stored.seq % 8 & 1)
        return stored.import_id == self._import_id
