"""Certificates: how good a job's labels are, with proof."""


# Written by `make async-client` from resources/certificates.py: change that one.

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from tandem_client.aio.resources.downloads import saved
from tandem_client.aio.transport import Transport
from tandem_client.certifying import Certificate, CertificatePlan
from tandem_client.errors import ReviewNotFinishedError
from tandem_client.resources.certificates import Rule


class Certificates:
    def __init__(self, transport: Transport, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._http = transport
        self._sleep = sleep

    async def plan(
        self,
        job_id: str,
        *,
        errors: Sequence[float] = (0.1, 0.05, 0.02, 0.01),
        alpha: float = 0.05,
        task: str | None = None,
        seconds: float = 10.0,
        hourly_usd: float | None = None,
        model_error: float | None = None,
        panel: bool = False,
    ) -> CertificatePlan:
        """Tell what a certificate would take: looks, hours and dollars, for each error that may be claimed."""
        body = {
            "errors": list(errors),
            "alpha": alpha,
            "task": task,
            "seconds": seconds,
            "hourly_usd": hourly_usd,
            "model_error": model_error,
            "panel": panel,
        }
        return CertificatePlan.model_validate(await self._http.ask(f"/jobs/{job_id}/certificates/plan", body))

    async def open(
        self,
        job_id: str,
        *,
        errors: Sequence[float] = (0.05,),
        alpha: float = 0.05,
        tasks: Sequence[str] | None = None,
        by_class: bool = False,
        rule: Rule | None = None,
        people: Sequence[str] | None = None,
        name: str | None = None,
        close_campaigns: bool = True,
    ) -> Certificate:
        """Freeze the job's labels and have people read records blind, until each claim holds.

        `errors`: shares of labels that may stay wrong; `people`: ids of who reads, None for all readers. Other
        campaigns of the job are closed, as they would show the labels.
        """
        body: dict[str, Any] = {
            "errors": list(errors),
            "alpha": alpha,
            "tasks": None if tasks is None else list(tasks),
            "by_class": by_class,
            "rule": rule,
            "people": None if people is None else list(people),
            "close_campaigns": close_campaigns,
        }
        if name is not None:
            body["name"] = name
        return Certificate.model_validate(await self._http.post(f"/jobs/{job_id}/certificates", body))

    async def list(self, job_id: str) -> list[Certificate]:
        """List the certificates of a job, oldest first."""
        found = await self._http.get(f"/jobs/{job_id}/certificates")
        return [Certificate.model_validate(item) for item in found["items"]]

    async def get(self, job_id: str, certificate_id: str) -> Certificate:
        return Certificate.model_validate(await self._http.get(f"/jobs/{job_id}/certificates/{certificate_id}"))

    async def close(self, job_id: str, certificate_id: str) -> Certificate:
        """Close it with what was read so far: claims for which that is too little are refused."""
        found = await self._http.post(f"/jobs/{job_id}/certificates/{certificate_id}/close")
        return Certificate.model_validate(found)

    async def abandon(self, job_id: str, certificate_id: str) -> Certificate:
        """Give it up: nothing is certified."""
        found = await self._http.post(f"/jobs/{job_id}/certificates/{certificate_id}/abandon")
        return Certificate.model_validate(found)

    async def document(self, job_id: str, certificate_id: str) -> dict[str, Any]:
        """Return a closed certificate as the JSON that `verify` reads."""
        found: dict[str, Any] = await self._http.get(f"/jobs/{job_id}/certificates/{certificate_id}/document")
        return found

    async def page(self, job_id: str, certificate_id: str, file: str | Path) -> int:
        """Write a closed certificate as one HTML page for people; return its size in bytes."""
        return await saved(self._http, f"/jobs/{job_id}/certificates/{certificate_id}/page", Path(file))

    async def download(self, job_id: str, certificate_id: str, directory: str | Path) -> tuple[Path, Path]:
        """Write the certified export and the certificate into the directory; return both files."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        export, certificate = directory / "export.jsonl", directory / "certificate.json"
        document = await self.document(job_id, certificate_id)
        await saved(self._http, f"/jobs/{job_id}/certificates/{certificate_id}/export", export)
        certificate.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return export, certificate

    async def wait(
        self, certificate: Certificate, *, timeout: float | None = None, interval: float = 1.0
    ) -> Certificate:
        """Wait until it has ended. Raises ReviewNotFinishedError after `timeout` seconds; people go on reading."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while certificate.is_live:
            if deadline is not None and time.monotonic() + interval > deadline:
                raise ReviewNotFinishedError(
                    "The certificate has not ended",
                    type="review-not-finished",
                    detail=f"{certificate.reads} reads were made; {certificate.waiting} records wait for a reader",
                    cure=f"It goes on; look with `certificates.get({certificate.job_id!r}, {certificate.id!r})`.",
                )
            await self._sleep(interval)
            certificate = await self.get(certificate.job_id, certificate.id)
        return certificate
