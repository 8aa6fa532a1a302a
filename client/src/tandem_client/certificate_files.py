"""Read the files of a certificate: the export and the certificate itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tandem.quality.certificates.verify import VerificationResult, verify
from tandem_client.errors import TandemError


def read_certificate(file: Path) -> dict[str, Any]:
    """Return the certificate. Raises TandemError for a file that is no JSON object."""
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise TandemError(
            "No certificate",
            type="invalid-file",
            detail=f"{file} is no JSON ({error})",
            cure="Give the certificate as its second file.",
        ) from None
    if not isinstance(found, dict):
        raise TandemError("No certificate", type="invalid-file", detail=f"{file} holds no certificate")
    return found


def verify_files(export: Path, certificate: Path, *, commitment: str | None = None) -> VerificationResult:
    """Recompute the certificate from the export, a line at a time. Nothing is sent anywhere."""
    document = read_certificate(certificate)
    try:
        with export.open("rb") as lines:
            return verify(lines, document, commitment=commitment)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise TandemError(
            "No certificate",
            type="invalid-file",
            detail=f"{certificate} is no certificate that can be read ({type(error).__name__}: {error})",
            cure="Give the two files as they were exported.",
        ) from error


def missed_of(certificate: dict[str, Any], task: str | None) -> int:
    """Return how many labels of a task are wrong at most by its certificate.

    Raises TandemError where it says nothing about them.
    """
    try:
        claims = list(zip(certificate["opening"]["claims"], certificate["claims"], strict=True))
        of_all = [(each["task"], found["missed_at_most"]) for each, found in claims if each["class"] is None]
    except (KeyError, TypeError, ValueError) as error:
        raise TandemError(
            "No certificate",
            type="invalid-file",
            detail=f"The certificate cannot be read ({type(error).__name__}: {error})",
            cure="Give the certificate as it was exported.",
        ) from error
    tasks = sorted({name for name, _ in of_all})
    wanted = task if task is not None or len(tasks) != 1 else tasks[0]
    stated = [int(missed) for name, missed in of_all if name == wanted and missed is not None]
    if not stated:
        about = "all labels of one task" if wanted is None else f"all labels of the task {wanted!r}"
        raise TandemError(
            "Nothing certified",
            type="invalid-file",
            detail=f"The certificate states nothing about {about}",
            cure=f"Its claims are about: {', '.join(tasks) or 'nothing'}. Name the task with --task.",
        )
    return min(stated)
