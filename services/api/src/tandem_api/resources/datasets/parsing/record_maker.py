"""Conversion of rows to records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.store.records.documents import ImportedOpinion, RecordDocument, content_hash, record_document_id
from tandem.text.control_characters import has_control, is_one_line
from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits
from tandem_api.resources.datasets.parsing.gold import GoldError, gold_value, untyped_gold
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping, obvious_id_column
from tandem_api.resources.datasets.parsing.opinions import OpinionMaker, agreed
from tandem_api.resources.datasets.parsing.paths import at_path, has_path
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits, place

MAX_ID_CHARACTERS = 500
_EMPTY_CURE = "Fill it in, or have such rows left out: skip_empty=true (--skip-empty)."
_MAKE_IDS = "make ids from the content: make_ids=true (--make-ids)"


@dataclass(slots=True)
class Draft:
    """A row as the record that it will be, without its place and, where it has none of its own, its id."""

    row: Row
    own_id: str | None
    fields: dict[str, str]
    metadata: dict[str, Any]
    gold: dict[str, Any]
    content_hash: str
    null_fields: tuple[str, ...] = ()
    """Fields that were null, not empty."""
    opinions: list[ImportedOpinion] = field(default_factory=list)
    disagreed: bool = False
    """True: annotators said different things, so that there is no gold."""

    def add(self, opinions: Sequence[ImportedOpinion]) -> None:
        """Add what another annotator said about the same row."""
        before, _ = agreed(self.opinions)
        self.opinions.extend(opinions)
        after, self.disagreed = agreed(self.opinions)
        self.gold = {task: value for task, value in self.gold.items() if task not in before} | after

    def record(self, record_id: str, *, dataset_id: str, seq: int, import_id: str) -> RecordDocument:
        document: RecordDocument = {
            "_id": record_document_id(dataset_id, seq),
            "dataset_id": dataset_id,
            "seq": seq,
            "record_id": record_id,
            "fields": self.fields,
            "metadata": self.metadata,
            "content_hash": self.content_hash,
            "import_id": import_id,
        }
        if self.gold:
            document["gold"] = self.gold
        if self.opinions:
            document["imported_opinions"] = self.opinions
        if self.null_fields:
            document["null_fields"] = list(self.null_fields)
        return document


class RecordMaker:
    def __init__(
        self,
        mapping: ColumnMapping,
        limits: SizeLimits,
        *,
        fields: Sequence[str],
        by_header: bool = False,
        ids_ignored: bool = False,
        exact_ids: bool = False,
    ) -> None:
        """Set up the conversion. `mapping` is decided; `fields` is the order in which the text columns stand in the
        records; `by_header`: all rows have the same columns; `ids_ignored`: ids are made though rows may have some;
        `exact_ids`: blanks around an id belong to it."""
        self._mapping = mapping
        self._limits = limits
        self._fields = fields
        self._by_header = by_header
        self._looks_for_ids = mapping.make_ids and not by_header and not ids_ignored
        self._taken = mapping.taken
        self.opinions = OpinionMaker(mapping)
        self._exact_ids = exact_ids
        self._columns = {name: mapping.column_of(name) for name in fields}

    def draft(self, row: Row) -> Draft:
        """Convert the row to a draft. Raises FileFaultError."""
        own_id = self._own_id(row)
        fields = {name: self._text(row, self._mapping.column_of(name)) for name in self._fields}
        if all(is_blank(text) for text in fields.values()):
            column = self._mapping.column_of(self._mapping.text_columns[0])
            raise self._fault("missing-text", row, column, "the text is empty", _EMPTY_CURE)
        metadata, gold = self._metadata(row), self._gold(row, fields)
        nulls = tuple(
            name for name, column in self._columns.items() if not fields[name] and row.values.get(column, "") is None
        )
        if not row.said:
            self._check_size(row, fields, metadata)
            return Draft(row, own_id, fields, metadata, gold, content_hash(fields), nulls)
        opinions = self._opinions(row, fields)
        self._check_size(row, fields, {**metadata, "annotations": opinions})
        agreement, disagreed = agreed(opinions)
        gold = agreement | gold
        return Draft(row, own_id, fields, metadata, gold, content_hash(fields), nulls, opinions, disagreed)

    def _opinions(self, row: Row, fields: Mapping[str, str]) -> list[ImportedOpinion]:
        try:
            return self.opinions.of(row.said or (), fields)
        except GoldError as error:
            raise self._fault("bad-gold", row, "annotations", str(error), error.cure) from error

    def _own_id(self, row: Row) -> str | None:
        """Return the row's own id; None where ids are made."""
        column = self._mapping.id_column
        if column is None:
            if self._looks_for_ids:
                self._check_has_none(row)
            return None
        key = self._id_text(row, column)
        if not self._exact_ids:
            key = key.strip()
        if not key.strip():
            cure = f"Give every row an id of its own, or {_MAKE_IDS}."
            raise self._fault("missing-id", row, column, "the id is empty", cure)
        if len(key) > MAX_ID_CHARACTERS:
            detail = f"the id has {len(key):,} characters"
            raise self._fault("id-too-long", row, column, detail, f"Use at most {MAX_ID_CHARACTERS}.")
        if not is_one_line(key):
            detail = f"the id {key[:100]!r} holds a control character"
            raise self._fault("control-character", row, column, detail, "Take it out of the id.")
        return key

    def _id_text(self, row: Row, column: str) -> str:
        """Return the id as text, digit by digit; empty where there is none. Raises FileFaultError."""
        match self._value(row, column):
            case None:
                return ""
            case str() as text:
                return self._keepable(row, column, text)
            case bool() as value:
                shown = str(value).lower()
            case int() as value:
                return str(value)
            case Digits(text) if text.lstrip("-").isdigit():
                return text
            case Constant(shown):
                pass
            case dict() | list() as value:
                shown = "an " + _json_type(value)
            case value:
                shown = f"the number {exact_json.dumps(value)}"
        cure = f"Write ids as JSON strings or whole numbers, or {_MAKE_IDS}."
        raise self._fault("bad-id", row, column, f"{shown} is no id: an id is a text or a whole number", cure)

    def _check_has_none(self, row: Row) -> None:
        """Check that the row has no id: ids are made since the first object has none. Raises FileFaultError
        otherwise."""
        if (column := obvious_id_column(row.values, but=self._taken)) is None:
            return
        detail = "this object has an id, the first one has none"
        cure = f"Name the key in id_column (--id-column) and give every object one, or {_MAKE_IDS}."
        raise self._fault("mixed-ids", row, column, detail, cure)

    def _value(self, row: Row, column: str) -> Any:
        try:
            return at_path(row.values, column)
        except KeyError:
            detail = f"the object has no {column!r}; it has {', '.join(map(repr, list(row.values)[:30]))}"
            cure = "Give every object the same keys." if row.number > 1 else "Name a key of the objects, or a path."
            if within := [key for key, part in row.values.items() if _is_list_of_objects(part)]:
                cure = f"The file is one object; save the list in its {within[0]!r} alone: [{{…}}, {{…}}]."
            if column == self._mapping.id_column:
                cure = f"Name the key that holds the rows' own ids in id_column (--id-column), or {_MAKE_IDS}."
            elif paths := _paths_to(row.values, column) or _paths_to(row.values):
                cure = f"Name the path to it: {' or '.join(f'{_last(path)}={path}' for path in paths[:3])}."
            raise self._fault("no-such-column", row, column, detail, cure) from None

    def _text(self, row: Row, column: str) -> str:
        value = self._value(row, column)
        if value is None:
            return ""
        if isinstance(value, Constant):
            detail = f"{value.text} stands there, which is neither a text nor JSON"
            raise self._fault("not-text", row, column, detail, 'Write the text as a JSON string, or null ("").')
        if not isinstance(value, str):
            detail = f"a text is wanted, this is a JSON {_json_type(value)}"
            cure = "Write texts as JSON strings."
            if paths := _paths_to({column: value}):
                cure = f"Name the text within: {' or '.join(f'{_last(path)}={path}' for path in paths[:3])}."
            raise self._fault("not-text", row, column, detail, cure)
        return self._keepable(row, column, value)

    def _keepable(self, row: Row, column: str, value: str) -> str:
        if "\0" in value:
            detail = f"character {value.index(chr(0)) + 1:,} of the cell is NUL, which ends a text in many programs"
            raise self._fault("control-character", row, column, detail, "Take it out.")
        if not value.isascii() and (half := exact_json.lone_surrogate(value)) is not None:
            detail = f"the text holds {half}, one half of an emoji whose other half is missing"
            cure = "Remove it, or write the whole emoji; texts that were cut in the middle of an emoji end like this."
            raise self._fault("half-emoji", row, column, detail, cure)
        return value

    def _gold(self, row: Row, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the gold values by task, of the tasks that have one."""
        found: dict[str, Any] = {}
        for name, column in self._mapping.gold_columns.items():
            if row.said is not None and not has_path(row.values, column):
                continue  # annotators said it
            given, task = self._value(row, column), self._mapping.gold_kinds.get(name)
            if isinstance(given, Constant):
                continue  # not a number, as pandas writes what is missing
            if not isinstance(given, int | float | None):
                self._keepable(row, column, given if isinstance(given, str) else self._json(row, column, given))
            try:
                if task is None:
                    value = untyped_gold(given)
                else:
                    value = gold_value(task, given, fields, separator=self._mapping.gold_separator)
            except GoldError as error:
                raise self._fault("bad-gold", row, column, f"{name}: {error}", error.cure) from error
            if value is not None:
                found[name] = value
        return found

    def _metadata(self, row: Row) -> dict[str, Any]:
        columns = self._mapping.metadata_columns
        if isinstance(columns, Mapping):
            return {name: self._scalar(row, column, self._value(row, column)) for name, column in columns.items()}
        others = {column: value for column, value in row.values.items() if column not in self._taken}
        for column in others if not self._by_header else ():
            if has_control(column):
                raise self._fault("control-character", row, column, "its name holds a control character", "Rename it.")
            self._keepable(row, column, column)
        return {column: self._scalar(row, column, value) for column, value in others.items()}

    def _scalar(self, row: Row, column: str, value: Any) -> Any:
        """Keep a scalar as it is; what has parts becomes its JSON text, a number too long for 64 bits its digits."""
        match value:
            case str():
                return self._keepable(row, column, value)
            case None | bool() | int() | float():
                return value
            case Constant():
                return None
            case Digits(text):
                return text
        return self._keepable(row, column, self._json(row, column, value))

    def _json(self, row: Row, column: str, value: Any) -> str:
        try:
            return exact_json.dumps(value)
        except ValueError:
            detail = "a text in it holds one half of an emoji whose other half is missing"
            raise self._fault("half-emoji", row, column, detail, "Take it out, or write the whole emoji.") from None

    def _check_size(self, row: Row, fields: Mapping[str, str], metadata: Mapping[str, Any]) -> None:
        limit = self._limits.record_bytes
        if 4 * sum(map(len, fields.values())) + 4 * sum(len(str(value)) for value in metadata.values()) <= limit:
            return  # no character takes more than four bytes
        sizes = {name: len(text.encode()) for name, text in fields.items()}
        sizes |= {column: len(str(value).encode()) for column, value in metadata.items()}
        if (total := sum(sizes.values())) > limit:
            column = max(sizes, key=lambda name: sizes[name])
            detail = f"the record is {total:,} bytes long, {sizes[column]:,} of them here; the limit is {limit:,}"
            raise self._fault("record-too-large", row, column, detail, "Shorten or split the text.")

    def _fault(self, code: str, row: Row, column: str, detail: str, cure: str) -> FileFaultError:
        return FileFaultError(
            code,
            f"{place(row.number, row.line, column)}: {detail}.",
            cure=cure,
            row=row.number,
            line=row.line,
            column=column,
        )


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def is_blank(text: str) -> bool:
    """Return whether a reader of the text sees nothing: blanks, or characters without width."""
    return not text.strip() or (not text.isascii() and not text.translate(_INVISIBLE).strip())


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value[:10])


def _paths_to(values: Mapping[str, Any], name: str | None = None) -> list[str]:
    """Return the paths to a key of this name, or else to any text, one level down."""
    return [
        f"{outer}.{key}"
        for outer, inner in values.items()
        if isinstance(inner, dict)
        for key, value in inner.items()
        if (key == name if name is not None else isinstance(value, str))
    ]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _json_type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float() | Digits() | Constant():
            return "number"
        case dict():
            return "object"
    return "array"
