"""Frames between parent and child: a length of four bytes, and JSON of that many bytes.

JSON and not pickle, since a parent must not trust the output of a child that ran somebody's template.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

LENGTH_BYTES = 4
MOST_BYTES = 64 * 1024 * 1024
MOST_COMPILED = 32
"""Agents that a child keeps compiled; the parent counts along, and sends one again that was dropped."""
VARYING, CONSTANT, MARKED = "varying", "constant", "marked"
"""Parts to render: the text after the constant part, the constant part, or all of it with its sources."""


def packed(message: object) -> bytes:
    body = json.dumps(message).encode()  # plain ASCII, so that any text a template can build goes through
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def length_of(head: bytes) -> int:
    return int.from_bytes(head, "big")


def read(stream: BinaryIO) -> Any:
    """Return the next message; None at the end of the stream."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    body = stream.read(length_of(head))
    return json.loads(body) if len(body) == length_of(head) else None
