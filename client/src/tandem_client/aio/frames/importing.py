"""A frame into a data set: the columns that are asked for, sent as Arrow batches."""


# Written by `make async-client` from frames/importing.py: change that one.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tandem_client.aio.transport import Transport
from tandem_client.errors import TandemError
from tandem_client.frames.importing import MEDIA_TYPE, _fields
from tandem_client.frames.taking import check_columns, ipc_stream, reader_of
from tandem_client.models import ImportResult


async def import_frame(
    transport: Transport,
    dataset_id: str,
    frame: Any,
    *,
    text: str | Sequence[str] | Mapping[str, str],
    id: str | None = None,  # noqa: A002 - what the column is called nearly always
    metadata: Literal["*"] | Sequence[str] = (),
    gold: Mapping[str, str] | None = None,
    label_schema_id: str | None = None,
    make_ids: bool = False,
    on_duplicate: Literal["error", "skip"] | None = None,
    on_same_content: Literal["keep", "skip", "error"] = "keep",
) -> ImportResult:
    """Send the frame's columns and import them, all rows or none. `Dataset.add` tells the parameters."""
    reader = reader_of(frame)
    fields = _fields(text)
    check_columns(reader.schema.names, [*fields.values(), *(gold or {}).values(), *([] if id is None else [id])])
    columns = None
    if metadata != "*":
        named = [*fields.values(), *metadata, *(gold or {}).values()]
        known = [name for name in reader.schema.names if name.casefold() in ("id", "record_id")]
        columns = [*named, *([] if make_ids else known if id is None else [id])]
    for name in (*fields.values(), *(gold or {}).values()):
        if "," in name or "=" in name or name != name.strip():
            raise TandemError(
                "A column's name cannot be used",
                type="bad-column-name",
                detail=f"The column {name!r} has a comma, an equals sign or blanks around its name",
                cure="Rename it in the frame.",
                extras={"column": name},
            )
    params = {
        "format": "arrow",
        "text_columns": ",".join(f"{field}={column}" for field, column in fields.items()),
        "id_column": id,
        "make_ids": make_ids or None,
        "gold_columns": ",".join(f"{task}={column}" for task, column in (gold or {}).items()) or None,
        "label_schema_id": label_schema_id,
        "metadata_columns": "*" if metadata else None,
        "on_duplicate": on_duplicate,
        "on_same_content": on_same_content,
    }
    stream = ipc_stream(reader, columns)
    body = await transport.upload(f"/datasets/{dataset_id}/imports", stream, content_type=MEDIA_TYPE, params=params)
    return ImportResult.model_validate(body)
