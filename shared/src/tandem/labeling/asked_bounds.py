"""How long what a model is asked for may get: bounds of the JSON Schema that the label schema itself does not have."""

from __future__ import annotations

SPANS_ASKED = 100
"""Spans of one record that are asked for; a list that has one more was ended by its bound."""
SPAN_CHARACTERS = 1000
"""Characters of a span's text; a text that has one more was ended by its bound."""
