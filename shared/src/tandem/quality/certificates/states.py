"""States of a certificate over a job. Pure."""

from __future__ import annotations

from enum import StrEnum


class CertificateState(StrEnum):
    PREPARING = "preparing"
    """The requests of other campaigns are being withdrawn; the labels are frozen next."""
    OPEN = "open"
    """The labels are frozen and nobody may see them; people read what is asked for."""
    CLOSED = "closed"
    """The document is made: each claim is certified or refused."""
    ABANDONED = "abandoned"
    """Somebody gave it up; nothing is certified."""
    VOID = "void"
    """Something happened after which it would prove nothing, as the reason says; nothing is certified."""

    @property
    def is_live(self) -> bool:
        """Return whether people may still be asked for reads."""
        return self in (CertificateState.PREPARING, CertificateState.OPEN)
