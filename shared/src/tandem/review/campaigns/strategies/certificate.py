"""Certificate: the records that a certificate of the job asks for, all of them blind and in a random order.

Which ones these are is decided by the certificate (`tandem.quality.certificates.leading`) and is the campaign's
selection, which grows as its readers go on. Audits and corrections get the same reason and a drawn place in the queue,
so that nothing tells which is which.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from tandem.events import ReviewReason
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class CertificateParameters(Parameters):
    certificate: str = Field(description="Id of the certificate that asks. `tandem certificate open` makes both.")


def _picker(_parameters: CertificateParameters, _scope: CampaignScope) -> Picker:
    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        for seq in block.seqs:
            yield Pick(seq, ReviewReason.AUDIT, priority=0.5)

    return pick


CERTIFICATE = Strategy(
    name="certificate",
    title="Records that a certificate asks for",
    parameters=CertificateParameters,
    picker=_picker,
    needs_ended_jobs=True,
)
