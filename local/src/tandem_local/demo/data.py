"""Data that the demo labels: a CSV or JSONL file, its columns, the labels to choose from."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tandem.text.delimiters import MOST_HEADER_LINES, delimiter_of, header_of, stated_delimiter
from tandem_client import LabelOption, TandemError
from tandem_client.resources.uploads import Encoding

MOST_LABELS = 50
TWEETS = Path("examples") / "tweets" / "tweets.csv"
SENTIMENT = (
    LabelOption(value="positive", description="The writer feels good about what they write of: joy, praise, hope."),
    LabelOption(value="neutral", description="No clear feeling: a plain statement, a question, or good and bad even."),
    LabelOption(value="negative", description="The writer feels bad about it: anger, sadness, complaint, fear."),
)


@dataclass(frozen=True)
class DemoData:
    """A CSV or JSONL file and how to read it.

    `fingerprint` identifies the data, so that a restart finds it again.
    """

    file: Path
    text_columns: tuple[str, ...]
    id_column: str | None
    gold_column: str | None
    labels: tuple[LabelOption, ...]
    question: str
    encoding: Encoding | None = None

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def is_jsonl(self) -> bool:
        return _is_jsonl(self.file)

    def fingerprint(self) -> str:
        read_as = (self.text_columns, self.id_column, self.gold_column)
        digest = sha256(repr(read_as if self.encoding is None else (*read_as, self.encoding)).encode())
        with self.file.open("rb") as source:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()[:8]


def tweets() -> DemoData:
    return DemoData(
        _tweets_file(), ("text",), "id", "label", SENTIMENT, question="What is the sentiment of this tweet?"
    )


def describe(
    file: Path | None,
    *,
    text_columns: Sequence[str],
    gold_column: str | None,
    id_column: str | None,
    labels: Sequence[str] | None,
    encoding: Encoding | None = None,
) -> DemoData:
    """Describe the demo's tweets, or a file of the user's own.

    Without `labels`, the different values of the gold column are the labels. Raises TandemError that names what is
    missing.
    """
    chosen = tuple(text_columns) or ("text",)
    if file is None:
        base = tweets()
        options = tuple(LabelOption(value=label) for label in labels) if labels else base.labels
        return DemoData(
            base.file,
            chosen,
            id_column or base.id_column,
            gold_column or base.gold_column,
            options,
            base.question,
        )
    wanted = [*(column.partition("=")[2] or column for column in chosen), *filter(None, (gold_column, id_column))]
    rows = _rows(file, wanted, encoding or "utf-8")
    if not _is_jsonl(file):
        _check_columns(file, next(rows, {}), wanted)
    values = list(labels) if labels else _values(rows, gold_column)
    return DemoData(
        file,
        chosen,
        id_column,
        gold_column,
        tuple(LabelOption(value=value) for value in values),
        question="Which label fits this text?",
        encoding=encoding,
    )


def _check_columns(file: Path, header: Mapping[str, Any], wanted: Sequence[str]) -> None:
    for column in wanted:
        if column not in header:
            raise TandemError(
                "No such column",
                type="bad-data",
                detail=f"{file} has no column {column!r}; it has {', '.join(header)}",
                cure="Name its columns with --text-column, --gold-column and --id-column.",
            )


def _values(rows: Iterator[Mapping[str, Any]], gold_column: str | None) -> list[str]:
    found: Counter[str] = Counter()
    for row in rows if gold_column is not None else ():
        if value := str(row.get(gold_column or "") or "").strip():
            found[value] += 1
        if len(found) > MOST_LABELS:
            break
    if not 2 <= len(found) <= MOST_LABELS:
        why = f"column {gold_column!r} has {len(found)} different values" if gold_column else "no gold column is given"
        raise TandemError(
            "No labels",
            type="bad-data",
            detail=f"The labels to choose from are not known: {why}",
            cure="Give them with --labels a,b,c.",
        )
    return [value for value, _ in found.most_common()]


def _is_jsonl(file: Path) -> bool:
    return file.suffix.lower() in (".jsonl", ".ndjson")


def _rows(file: Path, wanted: Sequence[str], encoding: str) -> Iterator[dict[str, Any]]:
    """Yield the rows; of a CSV file the header comes first, as a row. The import reports errors further down."""
    try:
        with file.open(
            newline="", encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace"
        ) as source:
            if _is_jsonl(file):
                yield from (json.loads(line) for line in source if line.strip())
                return
            head = list(islice(filter(str.strip, source), MOST_HEADER_LINES))
            first = header_of(head) or "".join(head[:1])
            delimiter = stated_delimiter(first)
            lines = chain(head[1:] if delimiter else head, source)
            table = csv.reader(lines, delimiter=delimiter or delimiter_of(first, wanted))
            header = [name.strip() for name in next(table, [])]
            for cells in chain([header], table):
                yield dict(zip(header, cells, strict=False))
    except (OSError, ValueError, csv.Error) as error:
        raise TandemError(
            "The file cannot be read",
            type="bad-data",
            detail=f"{file} cannot be read ({error})",
            cure="Give a CSV file with a header line, or a JSONL file, with --data.",
        ) from error


def _tweets_file() -> Path:
    """Return the tweets of the checkout that this code stands in, or of the working directory."""
    for base in (Path.cwd(), *Path(__file__).resolve().parents):
        if (base / TWEETS).is_file():
            return base / TWEETS
    raise TandemError(
        "No example data",
        type="bad-data",
        detail=f"{TWEETS} is not here",
        cure="Run the demo from a checkout of Tandem, or name a file with --data.",
    )
