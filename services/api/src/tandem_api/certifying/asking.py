"""Asking for the records of a certificate, through a campaign of its own."""

from __future__ import annotations

from collections.abc import Collection

from tandem.events import CampaignOrder, CampaignTerms, thresholds_campaign_id
from tandem.jobs import Selection
from tandem.review.campaigns.moves import CampaignMove, CampaignState, StopRule
from tandem.review.campaigns.strategies.certificate import CERTIFICATE
from tandem.store.campaigns.documents import new_campaign, selected, selection_part, thresholds_campaign
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.documents import CertificateDocument
from tandem.store.jobs.documents import JobDocument


class CertificateAsker:
    """Asks for records and withdraws requests. All methods raise StoreUnavailableError, and may be called again."""

    def __init__(self, campaigns: CampaignReader, writer: CampaignWriter) -> None:
        self._campaigns = campaigns
        self._writer = writer

    async def others_ask(self, certificate: CertificateDocument, job: JobDocument) -> bool:
        """Return whether another campaign still asks for records of the job, or is withdrawing them. Close those that
        are open, where the certificate may."""
        found = await self._campaigns.of_job(certificate["job_id"])
        if thresholds_campaign_id(job["_id"]) not in {campaign["_id"] for campaign in found}:
            found.append(await self._writer.ensure(thresholds_campaign(job)))  # the job was made by an older version
        others = [campaign for campaign in found if campaign["_id"] != certificate["_id"]]
        for campaign in others:
            if campaign["state"] != CampaignState.CLOSED and certificate["closes_campaigns"]:
                reason = f"A certificate of the job was opened: {certificate['name']}."
                await self._writer.move(campaign["_id"], CampaignMove.CLOSE, reason=reason)
        return any(each["state"] != CampaignState.CLOSED or each["walking"] for each in others)

    async def ask(self, certificate: CertificateDocument, wanted: Collection[int]) -> int:
        """Ask for these records beside all that were asked for before; return how many that are together.

        What was asked for stays asked for, also where it turned out not to be needed: the queue tells nobody which.
        """
        campaign = await self._campaigns.get(certificate["_id"])
        if campaign is None:
            if not wanted:
                return 0
            campaign = await self._writer.ensure(
                new_campaign(
                    campaign_id=certificate["_id"],
                    name=certificate["name"],
                    project_id=certificate["project_id"],
                    dataset_id=certificate["dataset_id"],
                    jobs=[certificate["job_id"]],
                    strategy=CERTIFICATE.name,
                    parameters={"certificate": certificate["_id"]},
                    selection=Selection.of(wanted),
                    terms=CampaignTerms(order=CampaignOrder.RANDOM, blind_share=1.0),
                    people=certificate["people"],
                    stop={"rule": StopRule.NEVER.value, "after": None},
                    created_at=certificate["created_at"],
                    created_by=certificate["created_by"],
                    created_by_id=certificate.get("created_by_id"),
                )
            )
        before = selected(campaign)
        if new := [seq for seq in wanted if seq not in before]:
            after = before | Selection.of(new)
            await self._writer.change(
                certificate["_id"], {"selection": selection_part(after), "cursor": after.from_seq}
            )
            return len(after)
        return len(before)

    async def close(self, certificate: CertificateDocument) -> None:
        """Withdraw what nobody decided."""
        await self._writer.move(certificate["_id"], CampaignMove.CLOSE, reason="Its certificate has ended.")
