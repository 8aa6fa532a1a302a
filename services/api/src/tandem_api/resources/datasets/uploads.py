"""The HTTP side of an import: the body as a stream, and each fault as a problem."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import chain

from starlette.requests import ClientDisconnect, Request

from tandem.people import Caller
from tandem.store.database import StoreUnavailableError
from tandem.store.datasets.writer import ImportLeaseLostError
from tandem.store.records.writer import RecordCollisionError
from tandem.web import Problem
from tandem_api.frames.reading import ArrowRows
from tandem_api.resources.datasets.import_run import Reading
from tandem_api.resources.datasets.importing import (
    ImportBusyError,
    Importer,
    UploadStalledError,
    UploadTooLargeError,
    drain,
)
from tandem_api.resources.datasets.parsing.csv_rows import CsvRows
from tandem_api.resources.datasets.parsing.encodings import Encoding
from tandem_api.resources.datasets.parsing.jsonl_rows import JsonlRows
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.rows import FileFaultError, RowParser
from tandem_api.resources.datasets.schemas import FileFormat, ImportResult, OnDuplicate, OnSameContent

MEDIA_TYPES = {
    "text/csv": FileFormat.CSV,
    "application/csv": FileFormat.CSV,
    "application/x-ndjson": FileFormat.JSONL,
    "application/jsonl": FileFormat.JSONL,
    "application/jsonlines": FileFormat.JSONL,
    "application/vnd.apache.arrow.stream": FileFormat.ARROW,
}
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 10.0


async def receive_import(
    importer: Importer,
    request: Request,
    dataset_id: str,
    mapping: ColumnMapping,
    *,
    file_format: FileFormat | None,
    encoding: Encoding,
    delimiter: str | None,
    on_duplicate: OnDuplicate | None,
    on_same_content: OnSameContent,
    by: Caller,
) -> ImportResult:
    """Import the request's body. Raises Problem and StoreUnavailableError."""
    _check_headers(request, importer.limits.upload_bytes)
    parser = _parser(importer, request, mapping, file_format, delimiter)
    chunks = _body(request)
    try:
        reading = Reading(parser, mapping, encoding, on_duplicate, on_same_content)
        return await importer.run(dataset_id, chunks, reading, by=by)
    except ClientDisconnect:
        raise Problem(400, "upload-cut", "The upload ended before the file did; nothing was imported.") from None
    except StoreUnavailableError:
        raise
    except Exception as error:
        problem = _problem_of(error, importer.limits.upload_bytes)
        if problem is None:
            raise
        await _read_on(chunks)
        raise problem from error


def _check_headers(request: Request, limit: int) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(f"{limit:,}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            415, "unsupported-encoding", "The body is compressed.", field="Content-Encoding", cure="Send it as it is."
        )


def _parser(
    importer: Importer,
    request: Request,
    mapping: ColumnMapping,
    file_format: FileFormat | None,
    delimiter: str | None,
) -> RowParser:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    chosen = file_format or MEDIA_TYPES.get(media_type)
    if chosen is None or media_type.startswith("multipart/"):
        raise Problem(
            415,
            "unsupported-media-type",
            f"The content type {media_type or 'of the body'!r} is not accepted here.",
            field="Content-Type",
            cure="Send the raw file as text/csv, application/x-ndjson or application/vnd.apache.arrow.stream, or name "
            "its `format`.",
        )
    limits = importer.limits.rows
    if chosen is FileFormat.JSONL:
        return JsonlRows(limits)
    if chosen is FileFormat.ARROW:
        return ArrowRows(limits, mapping)
    return CsvRows(limits, delimiter=delimiter, wanted=list(chain.from_iterable(mapping.wanted().values())))


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


async def _read_on(chunks: AsyncIterator[bytes]) -> None:
    try:
        await drain(chunks, most_bytes=_DRAIN_BYTES, seconds=_DRAIN_SECONDS)
    except ClientDisconnect:
        return


def _problem_of(error: Exception, limit: int) -> Problem | None:
    match error:
        case FileFaultError():
            return Problem(
                413 if error.code == "record-too-large" else 422,
                error.code,
                error.detail,
                cure=error.cure,
                row=error.row,
                line=error.line,
                column=error.column,
                byte=error.byte,
            )
        case ImportBusyError():
            return Problem(
                409,
                "import-running",
                "Another import into this data set is under way.",
                cure="Wait until it has ended, then try again.",
                headers={"Retry-After": "5"},
            )
        case UploadTooLargeError():
            return _too_large(f"{limit:,}")
        case UploadStalledError():
            return Problem(
                408, "upload-stalled", "Nothing of the file came for too long; nothing was imported.", cure="Try again."
            )
        case ImportLeaseLostError() | RecordCollisionError():
            return Problem(
                409,
                "import-overtaken",
                "The import stood still for so long that another one began; nothing was imported.",
                cure="Import the file again.",
            )
    return None


def _too_large(limit: str) -> Problem:
    return Problem(
        413, "upload-too-large", f"The file is larger than {limit} bytes.", cure="Split it into several imports."
    )
