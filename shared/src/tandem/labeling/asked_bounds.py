"""Size bounds on the values requested from a model: bounds of the JSON Schema that the label schema itself does not
have."""

from __future__ import annotations

SPANS_ASKED = 100
"""Maximum number of spans requested for one record; a list with one more was ended by its bound."""
SPAN_CHARACTERS = 1000
"""Maximum characters requested for a span's text; a text with one more was ended by its bound."""
