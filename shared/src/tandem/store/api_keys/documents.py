"""The shape of a credential in MongoDB. The token itself is nowhere: only its hash is kept."""

from __future__ import annotations

from tandem.people.credentials import Credential

COLLECTION = "api_keys"

ApiKeyDocument = Credential
