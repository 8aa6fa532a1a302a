"""Jinja2 templates that users write, run so that the worst of them costs a bounded amount of time and memory.

On top of Jinja2's immutable sandbox: an allow-list of filters and methods, no macros, bounded results of every
operation that can grow a value, a bounded number of loop steps, and a limit on CPU time. Templates see plain
mappings alone, never one of our objects (a pydantic model has methods that read files).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from tandem.labeling.sandbox import (
    CODE_LIMIT,
    COUNTED,
    CPU_SECONDS,
    ENVIRONMENT,
    MARKED,
    TEMPLATE_LIMIT,
    LimitError,
    Marked,
    Meter,
    MissingVariableError,
    TemplateScope,
    bounded,
    join,
    meter,
)

__all__ = ["Piece", "PromptError", "PromptLimitError", "Template", "TemplateScope", "code_size", "parse"]

Piece = tuple[str, str | None]
"""Some text of a message, and the source that it came from; None: from the template itself."""

_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from ... import",
    nodes.Extends: "extends",
    nodes.Block: "block",
}


class PromptError(ValueError):
    """A template cannot be compiled or rendered; the message is for the person who wrote it."""

    def __init__(self, message: str, *, template: str, variable: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.template = template
        """Template that failed: system or user."""
        self.variable = variable
        """The variable that is not there, as a path: `fields.premise`. None when something else is wrong."""
        self.line = line


_NO_CODE = frozenset(
    {"data", "whitespace", "comment", "comment_begin", "comment_end", "linecomment", "raw_begin", "raw_end"}
)


class PromptLimitError(PromptError):
    """A template takes more time or memory than there is for one rendering."""


def code_size(source: str) -> int:
    """Return how many words and signs of code the source has, at most CODE_LIMIT + 1; a quick look, without a parser.

    Raises TemplateSyntaxError.
    """
    size = 0
    for _, kind, _ in ENVIRONMENT.lex(source):
        size += kind not in _NO_CODE
        if size > CODE_LIMIT:
            break
    return size


@contextmanager
def _compiling(name: str) -> Iterator[None]:
    """Raise what goes wrong as a PromptError."""
    try:
        yield
    except TemplateSyntaxError as error:
        raise PromptError(
            f"the {name} template, line {error.lineno}: {error.message}", template=name, line=error.lineno
        ) from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise PromptError(f"the {name} template is nested too deeply", template=name) from error


def parse(source: str, *, name: str) -> nodes.Template:
    """Return the syntax tree of a template that is small enough. Raises PromptError."""
    if len(source) > TEMPLATE_LIMIT:
        raise PromptError(
            f"the {name} template has {len(source):,} characters; at most {TEMPLATE_LIMIT:,} are allowed",
            template=name,
        )
    with _compiling(name):
        if code_size(source) > CODE_LIMIT:
            raise PromptError(
                f"the {name} template has more than {CODE_LIMIT:,} words and signs of code; shorten what stands "
                "between {{ }} and {% %}, text outside of them is free",
                template=name,
            )
        return ENVIRONMENT.parse(source)


class Template:
    """A compiled template. Raises PromptError from the constructor and from all that renders."""

    def __init__(
        self,
        source: str,
        *,
        name: str,
        sources: Mapping[str, str] | None = None,
        cpu_seconds: float = CPU_SECONDS,
    ) -> None:
        """Compile the template. Raises PromptError.

        `sources`: each variable with what it stands for; then `pieces` says which text came from what, the first
        source of the mapping winning where a text is made of several. `cpu_seconds`: the limit of one rendering.
        """
        self._name = name
        self._cpu_seconds = cpu_seconds
        tree = parse(source, name=name)
        with _compiling(name):
            self.variables: frozenset[str] = frozenset(find_undeclared_variables(tree))
            """Names the template reads from outside."""
            if sources:
                mark_outputs(tree, sources)
            self._template = ENVIRONMENT.from_string(_guarded(tree))

    def render(self, **variables: Any) -> str:
        """Return the text without surrounding white space."""
        with self._rendering():
            text = join(self._output(variables))
        return text.strip()

    def pieces(self, **variables: Any) -> list[Piece]:
        """Return the same text in pieces, by where they came from; adjacent ones of one source are one."""
        found: list[Piece] = []
        size = 0
        with self._rendering():
            for text in self._output(variables):
                size += len(text)
                bounded(size)
                source = text.source if isinstance(text, Marked) else None
                if found and found[-1][1] == source:
                    found[-1] = (found[-1][0] + text, source)
                else:
                    found.append((text[:], source))
        return _stripped(found)

    def _output(self, variables: Mapping[str, Any]) -> Iterable[str]:
        return self._template.root_render_func(self._template.new_context(dict(variables)))

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        token = meter.set(Meter(self._cpu_seconds))
        try:
            yield
        except MissingVariableError as error:
            raise PromptError(
                f"the {self._name} template: {error}", template=self._name, variable=error.variable
            ) from (error)
        except LimitError as error:
            raise PromptLimitError(f"the {self._name} template: {error.message}", template=self._name) from error
        except MemoryError as error:
            raise PromptLimitError(f"the {self._name} template takes too much memory", template=self._name) from error
        except TemplateError as error:
            raise PromptError(f"the {self._name} template: {error.message}", template=self._name) from error
        except Exception as error:  # a template's expressions can raise whatever Python can
            raise PromptError(f"the {self._name} template: {error}", template=self._name) from error
        finally:
            meter.reset(token)


def _stripped(pieces: list[Piece]) -> list[Piece]:
    """Without white space at the ends of the whole."""
    kept = list(pieces)
    while kept and not kept[0][0].strip():
        kept.pop(0)
    while kept and not kept[-1][0].strip():
        kept.pop()
    if kept:
        kept[0] = (kept[0][0].lstrip(), kept[0][1])
        kept[-1] = (kept[-1][0].rstrip(), kept[-1][1])
    return kept


def mark_outputs(tree: nodes.Template, sources: Mapping[str, str]) -> None:
    """Mark each expression that is written out with the source it reads, through loops and `set` too."""
    reads = {name: {source} for name, source in sources.items()}
    order = list(dict.fromkeys(sources.values()))

    def sources_of(node: nodes.Node) -> set[str]:
        names = [*node.find_all(nodes.Name), *([node] if isinstance(node, nodes.Name) else [])]
        return {source for name in names for source in reads.get(name.name, ())}

    assignments: list[tuple[nodes.Node, list[nodes.Node]]] = [
        *((loop.target, [loop.iter]) for loop in tree.find_all(nodes.For)),
        *((each.target, [each.node]) for each in tree.find_all(nodes.Assign)),
        *((each.target, each.body) for each in tree.find_all(nodes.AssignBlock)),
    ]
    news = True
    while news:  # each turn carries a source over one more assignment at least
        news = False
        for target, values in assignments:
            told = set().union(*(sources_of(value) for value in values))
            for name in [*target.find_all(nodes.Name), *([target] if isinstance(target, nodes.Name) else [])]:
                known = reads.setdefault(name.name, set())
                news = news or not told <= known
                known |= told
    for output in tree.find_all(nodes.Output):
        output.nodes = [_marked(node, order, sources_of) for node in output.nodes]


def _marked(node: nodes.Expr, order: list[str], sources_of: Callable[[nodes.Node], set[str]]) -> nodes.Expr:
    if isinstance(node, nodes.TemplateData) or not (found := sources_of(node)):
        return node
    source = next(source for source in order if source in found)
    return _filter(MARKED, node, nodes.Const(source, lineno=node.lineno))


def _guarded(tree: nodes.Template) -> nodes.Template:
    """Return the same template with every loop counted and every `~` bounded; refuses what cannot be bounded."""
    for kind, word in _FORBIDDEN.items():
        for node in tree.find_all(kind):
            raise TemplateSyntaxError(f"{word!r} is not available in prompts", node.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("a recursive loop is not available in prompts", loop.lineno)
    _rewrite(tree)
    return tree


def _rewrite(node: nodes.Node) -> None:
    for field, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, field, [_replacement(item) if isinstance(item, nodes.Node) else item for item in value])
        elif isinstance(value, nodes.Node):
            setattr(node, field, _replacement(value))
    if isinstance(node, nodes.For):
        node.iter = _filter(COUNTED, node.iter)


def _replacement(node: nodes.Node) -> nodes.Node:
    _rewrite(node)
    return _filter("join", nodes.List(node.nodes, lineno=node.lineno)) if isinstance(node, nodes.Concat) else node


def _filter(name: str, node: nodes.Node, *arguments: nodes.Expr) -> nodes.Filter:
    filtered = nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
    return filtered.set_environment(ENVIRONMENT)  # type: ignore[return-value]  # returns the node it is called on
