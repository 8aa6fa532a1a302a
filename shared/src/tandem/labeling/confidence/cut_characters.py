r"""Tokens that hold some bytes of a character, as providers spell them: `\xf0\x9f`, or a replacement character.

A tokenizer of bytes may cut a character in two. Spelled as escapes its bytes are known and are put together again;
behind a replacement character there may be any that is not ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BYTES = re.compile(r"(?:\\x[0-9a-f]{2})+", re.IGNORECASE)
_BYTES_AT_END = re.compile(r"(?:\\x[0-9a-f]{2})+\Z", re.IGNORECASE)
_UNKNOWN = "\ufffd"
_LONGEST = 4
"""Maximum bytes of a character."""


def joined(said: str, token: str) -> str:
    """Join both texts; bytes that together make whole characters become these characters."""
    text = said + token
    return _BYTES.sub(_whole, text) if "\\x" in text else text


def put_together(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """Return the text of the tokens and where each begins in it, then where the last one ends. A position within a
    character is given as the one behind that character."""
    pieces: list[str] = []
    starts = [0]
    length, cut = 0, ""
    for token in tokens:
        piece = joined(cut, token)
        found = _BYTES_AT_END.search(piece)
        cut = found[0] if found else ""
        piece = piece[: len(piece) - len(cut)]
        pieces.append(piece)
        length += len(piece)
        starts.append(length + bool(cut))
    return "".join((*pieces, cut)), starts


def cut_at(text: str) -> int | None:
    """Return where the character begins within which the text ends; None when it ends in none."""
    if text.endswith(_UNKNOWN):
        return len(text.rstrip(_UNKNOWN))
    found = _BYTES_AT_END.search(text) if "\\x" in text else None
    return None if found is None else found.start()


def is_begun_by(option: str, text: str, cut: int) -> bool:
    """Return whether the text, which ends within a character that begins at `cut`, can become the option."""
    if not option.startswith(text[:cut]) or len(option) <= cut:
        return False
    if text[cut] == _UNKNOWN:
        return not option[cut].isascii()
    return option[cut:].encode().startswith(_bytes(text[cut:]))


def _whole(escaped: re.Match[str]) -> str:
    """Return the characters that the bytes make; bytes left over stay as they were spelled."""
    raw = _bytes(escaped[0])
    for left in range(min(_LONGEST, len(raw) + 1)):
        whole = len(raw) - left
        try:
            return raw[:whole].decode() + escaped[0][4 * whole :]
        except UnicodeDecodeError:
            continue
    return escaped[0]


def _bytes(escaped: str) -> bytes:
    return bytes(int(each, 16) for each in re.findall(r"[0-9a-fA-F]{2}", escaped))
