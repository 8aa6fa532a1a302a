"""What the demo labels: a CSV file, its columns, the labels to choose from."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tandem_client import LabelOption, TandemError

MOST_LABELS = 50
TWEETS = Path("examples") / "tweets" / "tweets.csv"
SENTIMENT = (
    LabelOption(value="positive", description="The writer feels good about what they write of: joy, praise, hope."),
    LabelOption(value="neutral", description="No clear feeling: a plain statement, a question, or good and bad even."),
    LabelOption(value="negative", description="The writer feels bad about it: anger, sadness, complaint, fear."),
)


@dataclass(frozen=True)
class DemoData:
    """A CSV file and how to read it. `fingerprint` says which data this is, so that a restart finds it again."""

    file: Path
    text_columns: tuple[str, ...]
    id_column: str | None
    gold_column: str | None
    labels: tuple[LabelOption, ...]
    question: str

    @property
    def name(self) -> str:
        return self.file.stem

    def fingerprint(self) -> str:
        digest = sha256(repr((self.text_columns, self.id_column, self.gold_column)).encode())
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
    text_column: str | None,
    gold_column: str | None,
    id_column: str | None,
    labels: Sequence[str] | None,
) -> DemoData:
    """The tweets, or a file of the user's own.

    Without `labels`, the different values of the gold column are the labels. Raises TandemError that names what is
    missing.
    """
    if file is None:
        base = tweets()
        options = tuple(LabelOption(value=label) for label in labels) if labels else base.labels
        return DemoData(
            base.file,
            (text_column or "text",),
            id_column or base.id_column,
            gold_column or base.gold_column,
            options,
            base.question,
        )
    columns = _columns(file)
    chosen = text_column or "text"
    for column in filter(None, (chosen, gold_column, id_column)):
        if column not in columns:
            raise TandemError(
                "No such column",
                type="bad-data",
                detail=f"{file} has no column {column!r}; it has {', '.join(columns)}",
                cure="Name its columns with --text-column, --gold-column and --id-column.",
            )
    values = list(labels) if labels else _values(file, gold_column)
    return DemoData(
        file,
        (chosen,),
        id_column,
        gold_column,
        tuple(LabelOption(value=value) for value in values),
        question="Which label fits this text?",
    )


def _values(file: Path, gold_column: str | None) -> list[str]:
    found: Counter[str] = Counter()
    if gold_column is not None:
        with file.open(newline="", encoding="utf-8-sig", errors="replace") as source:
            for row in csv.DictReader(source):
                if value := (row.get(gold_column) or "").strip():
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


def _columns(file: Path) -> list[str]:
    try:
        with file.open(newline="", encoding="utf-8-sig", errors="replace") as source:
            return next(csv.reader(source), [])
    except (OSError, csv.Error) as error:
        raise TandemError(
            "The file cannot be read",
            type="bad-data",
            detail=f"{file} cannot be read ({error})",
            cure="Give a CSV file with a header line with --data.",
        ) from error


def _tweets_file() -> Path:
    """From the checkout that this code stands in, or the working directory."""
    for base in (Path.cwd(), *Path(__file__).resolve().parents):
        if (base / TWEETS).is_file():
            return base / TWEETS
    raise TandemError(
        "No example data",
        type="bad-data",
        detail=f"{TWEETS} is not here",
        cure="Run the demo from a checkout of Tandem, or name a CSV file with --data.",
    )
