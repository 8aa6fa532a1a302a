"""Lists, tuples and sets as Python writes them: `[("Ada", "PERSON")]`, `{'food', 'price'}`. Parsed, never run.

Dictionaries are left to the repair of JSON, which keeps the order and the repetitions of their keys.
"""

from __future__ import annotations

import ast
import re
import warnings

from tandem.labeling.extraction.forms.located_json import JsonTokenKind, Node
from tandem.labeling.extraction.forms.stretch import Stretch

LONGEST = 20_000
"""Maximum characters of a literal."""

_LIKELY = re.compile(r"""(?:\w+\s*=\s*)?(?P<literal>(?:\[\s*\(|\(\s*[\["'(]|\{\s*["'])[^:\\\r\f]*\Z)""")
_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)\s*```", re.DOTALL | re.IGNORECASE)


class _OtherError(ValueError):
    """Something else than a list of lists of texts and numbers."""


def python_literal(stretch: Stretch) -> Node | None:
    """Return the list, tuple or set that the whole stretch is; None when it is none."""
    inner = stretch.stripped()
    if (fenced := _FENCE.fullmatch(inner.text)) is not None:
        inner = inner.part(*fenced.span(1))
    found = _LIKELY.match(inner.text)
    if found is None or len(inner.text) > LONGEST:
        return None
    inner = inner.part(*found.span("literal"))
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(inner.text, mode="eval").body
        return _Located(inner).node(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Located:
    def __init__(self, stretch: Stretch) -> None:
        self._at = stretch.start
        self._lines = stretch.text.split("\n")
        self._answer = stretch.answer

    def node(self, tree: ast.expr) -> Node:
        place = self._place(tree)
        if isinstance(tree, ast.List | ast.Tuple | ast.Set):
            return Node(JsonTokenKind.LIST, "", place, items=tuple(self.node(item) for item in tree.elts))
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            written = self._answer[slice(*place)]
            if written[1:-1] == tree.value:
                return Node(JsonTokenKind.STRING, tree.value, (place[0] + 1, place[1] - 1))
            return Node(JsonTokenKind.STRING, tree.value, place)
        if isinstance(tree, ast.Constant) and type(tree.value) in (int, float):
            return Node(JsonTokenKind.NUMBER, str(tree.value), place)
        raise _OtherError(ast.dump(tree))

    def _place(self, tree: ast.expr) -> tuple[int, int]:
        return (
            self._index(tree.lineno, tree.col_offset),
            self._index(tree.end_lineno or tree.lineno, tree.end_col_offset or tree.col_offset),
        )

    def _index(self, line: int, column: int) -> int:
        """Return the index in the answer of a place that the parser gives, which counts bytes of UTF-8 in the line."""
        before = sum(len(text) + 1 for text in self._lines[: line - 1])
        return self._at + before + len(self._lines[line - 1].encode()[:column].decode())
