"""Write the asynchronous client, `tandem_client.aio`, from the synchronous one: `make async-client`.

What waits for the server, and what mentions something that does, is copied with `async` and `await` where they belong.
Everything else is imported from the synchronous modules. With `--check` nothing is written; the status says whether the
files are as they would be written.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "client" / "src" / "tandem_client"
TARGET = "aio"
SKIPPED = ("cli", "notebook", TARGET, "__main__.py", "__init__.py")
WRITTEN_BY_HAND = {
    "binding": {"Bound", "bound", "bind"},
    "frames/giving": {"FrameSource"},
}
"""Module to its definitions that have an asynchronous counterpart written by hand in the module of the same name."""
AWAITED = {
    "FrameSource": {"to_arrow", "to_pandas", "to_polars", "to_datasets"},
    "HttpClient": {"request", "post", "close"},
}
SYNCHRONOUS_ONLY = {
    "JobMethods.review": "a widget's threads make its requests: take the job from `Tandem`",
    "JobMethods.table": "a widget's threads make its requests: take the job from `Tandem`",
    "AgentMethods.edit": "a widget's threads make its requests: take the agent from `Tandem`",
    "ProjectMethods.dashboard": "a widget's threads make its requests: take the project from `Tandem`",
    "JobMethods._ipython_display_": "a thread follows the job: take the job from `Tandem`",
}
"""Methods that are left out, and why."""
RECEIVERS = {
    "self._http": "Transport",
    "self._transport": "Transport",
    "transport": "Transport",
    "self._client": "HttpClient",
    "self._campaigns": "Campaigns",
    "self._subsets": "Subsets",
    "self._frame(**params)": "FrameSource",
    "dataset": "DatasetMethods",
}
"""What calls are made on, by its source text, to its class."""
NAMES = {
    "Tandem": "AsyncTandem",
    "Iterator": "AsyncIterator",
    "contextmanager": "asynccontextmanager",
    "BaseTransport": "AsyncBaseTransport",
    "RecordBatchReader": "AsyncIterator[pa.RecordBatch]",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__iter__": "__aiter__",
}
ALWAYS_ASYNC = {"__enter__", "__exit__"}
TEXTS = (
    ("Callable[[float], None]", "Callable[[float], Awaitable[None]]"),
    ("time.sleep", "asyncio.sleep"),
    ("httpx.Client(", "httpx.AsyncClient("),
    ("response.read()", "await response.aread()"),
    ("response.iter_bytes()", "response.aiter_bytes()"),
    ("self._client.close()", "self._client.aclose()"),
    ("content=body", "content=in_thread(body)"),
    ("pa.AsyncIterator", "AsyncIterator"),
    ("May be used from several threads; close it", "Use it within one event loop; close it"),
    ("        with Tandem(", "        async with AsyncTandem("),
    ("            project = tandem.projects", "            project = await tandem.projects"),
    ("Return a reader that fetches Arrow batches as", "Iterate over Arrow batches, fetched as"),
)
IMPORTS = """\
import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from tandem_client.aio.threads import in_thread
"""


@dataclass
class Module:
    """A module of the synchronous client; `imported` is name to the module and name it comes from."""

    path: str
    source: str
    tree: ast.Module
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def dotted(self) -> str:
        return f"tandem_client.{self.path.replace('/', '.')}"


class Client:
    """All modules of the synchronous client, and what of them is asynchronous."""

    def __init__(self) -> None:
        self.modules = {module.path: module for module in _modules()}
        self.copied: set[tuple[str, str]] = {
            (path, name) for path, names in WRITTEN_BY_HAND.items() for name in names
        } | {("transport", "Transport")}
        while self._copy_more():
            pass
        self.classes = {
            name: node
            for path, name in self.copied
            if isinstance(node := self.modules[path].definitions[name], ast.ClassDef)
        }
        self.awaited = {name: set(methods) for name, methods in AWAITED.items()}
        self.iterated: dict[str, set[str]] = {}
        while self._await_more():
            pass

    def is_copied(self, module: Module, name: str) -> bool:
        return (module.path, name) in self.copied or module.imported.get(name) in self.copied

    def _copy_more(self) -> bool:
        more = {
            (module.path, name)
            for module in self.modules.values()
            for name, node in module.definitions.items()
            if any(self.is_copied(module, each) for each in _names(node))
        }
        grown = not more <= self.copied
        self.copied |= more
        return grown

    def _await_more(self) -> bool:
        grown = False
        for path, name in self.copied:
            node = self.modules[path].definitions[name]
            if path in WRITTEN_BY_HAND:
                continue
            for owner, function in _functions(name, node):
                if function.name in ALWAYS_ASYNC or any(self.kind(call, owner) for call in _calls(function)):
                    kinds = self.iterated if _is_generator(function) else self.awaited
                    known = kinds.setdefault(owner, set())
                    grown |= function.name not in known
                    known.add(function.name)
        return grown

    def kind(self, call: ast.Call, owner: str) -> str:
        """Return "await" for a call that is awaited, "iterate" for one that is iterated over, "" for any other."""
        if isinstance(call.func, ast.Name):
            receiver, name = "", call.func.id
        elif isinstance(call.func, ast.Attribute):
            receiver, name = self._class_of(call.func.value, owner), call.func.attr
        else:
            return ""
        if ast.unparse(call.func) == "self._sleep":
            return "await"
        for each in self._with_bases(receiver):
            if name in self.awaited.get(each, ()):
                return "await"
            if name in self.iterated.get(each, ()):
                return "iterate"
        return "within" if ast.unparse(call.func) == "self._client.stream" else ""

    def _class_of(self, receiver: ast.expr, owner: str) -> str:
        text = ast.unparse(receiver)
        if text == "self":
            return owner
        if found := re.fullmatch(r"self\._?tandem\.(\w+)", text):
            return "".join(part.title() for part in found[1].split("_"))
        return RECEIVERS.get(text, "?")

    def _with_bases(self, name: str) -> Iterator[str]:
        yield name
        for base in self.classes[name].bases if name in self.classes else ():
            yield from self._with_bases(ast.unparse(base))

    def written(self) -> dict[str, str]:
        """Return path to source of each module that is written."""
        found: dict[str, str] = {}
        for module in self.modules.values():
            names = [name for name in module.definitions if (module.path, name) in self.copied]
            if names and module.path not in WRITTEN_BY_HAND:
                found[f"{module.path}.py"] = _Writing(self, module).source(names)
        return found


class _Writing:
    """One module while it is written."""

    def __init__(self, client: Client, module: Module) -> None:
        self._client = client
        self._module = module
        self._lines = module.source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def source(self, wanted: list[str]) -> str:
        module = self._module
        edits: list[tuple[int, int, str]] = []
        for name in wanted:
            node = module.definitions[name]
            for owner, function in _functions(name, node):
                edits += self._edits(function, owner)
        parts = [f'"""{ast.get_docstring(module.tree, clean=False)}"""\n']
        parts.append(f"# Written by `make async-client` from {module.path}.py: change that one.\n")
        parts.append("from __future__ import annotations\n" + IMPORTS + "".join(self._imports()))
        rest = [name for name in module.definitions if name not in wanted]
        if rest:
            parts.append(f"from {module.dotted} import {', '.join(rest)}\n")
        parts += [self._rewritten(module.definitions[name], edits) for name in wanted]
        return "\n\n".join(parts) + "\n"

    def _imports(self) -> Iterator[str]:
        for node in self._module.tree.body:
            if isinstance(node, ast.If):
                yield "if TYPE_CHECKING:\n"
                for each in node.body:
                    for line in self._import(each):
                        yield f"    {line}"
            else:
                yield from self._import(node)

    def _import(self, node: ast.stmt) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield ast.unparse(node) + "\n"
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for alias in node.names:
                text = f"from {node.module} import {ast.unparse(alias)}\n"
                if self._client.is_copied(self._module, alias.asname or alias.name):
                    text = text.replace("tandem_client.", f"tandem_client.{TARGET}.", 1)
                yield _renamed(text)

    def _rewritten(self, node: ast.stmt, edits: list[tuple[int, int, str]]) -> str:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        start, end = self._starts[first - 1], self._starts[node.end_lineno or node.lineno]
        text, position = "", start
        for at, until, insert in sorted(each for each in edits if start <= each[0] < end):
            text += self._module.source[position:at] + insert
            position = max(position, until)
        return _renamed(text + self._module.source[position:end])

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _edits(self, function: ast.FunctionDef, owner: str) -> Iterator[tuple[int, int, str]]:
        qualified = f"{owner}.{function.name}"
        if qualified in SYNCHRONOUS_ONLY:
            first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
            yield self._starts[first - 1], self._starts[function.end_lineno or first], ""
            return
        kinds = (self._client.awaited, self._client.iterated)
        if any(function.name in kind.get(owner, ()) for kind in kinds):
            at = self._at(function.lineno, function.col_offset)
            yield at, at, "async "
        streams = {
            item.optional_vars.id
            for node in ast.walk(function)
            if isinstance(node, ast.With)
            for item in node.items
            if isinstance(item.optional_vars, ast.Name) and self._is(item.context_expr, owner, "iterate")
        }
        parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(function):
            yield from self._edits_of(node, parents.get(node), owner, streams)

    def _edits_of(
        self, node: ast.AST, parent: ast.AST | None, owner: str, streams: set[str]
    ) -> Iterator[tuple[int, int, str]]:
        if isinstance(node, ast.With) and any(
            self._is(item.context_expr, owner, "iterate", "within") for item in node.items
        ):
            at = self._at(node.lineno, node.col_offset)
            yield at, at, "async "
        elif isinstance(node, ast.For | ast.comprehension):
            source = node.iter
            if self._is(source, owner, "iterate") or (isinstance(source, ast.Name) and source.id in streams):
                if isinstance(node, ast.For):
                    at = self._at(node.lineno, node.col_offset)
                else:
                    target = self._at(node.target.lineno, node.target.col_offset)
                    at = self._module.source.rindex("for", 0, target)
                yield at, at, "async "
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom):
            at, end = self._span(node)
            indent = " " * (node.col_offset + 4)
            yield at, end, f"for each in {ast.unparse(node.value.value)}:\n{indent}yield each"
        elif isinstance(node, ast.Call) and self._client.kind(node, owner) == "await":
            at, end = self._span(node)
            used = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node
            yield at, at, "(await " if used else "await "
            if used:
                yield end, end, ")"

    def _is(self, node: ast.expr, owner: str, *kinds: str) -> bool:
        return isinstance(node, ast.Call) and self._client.kind(node, owner) in kinds

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno or 0, node.end_col_offset or 0)


def _modules() -> Iterator[Module]:
    for file in sorted(CLIENT.rglob("*.py")):
        relative = file.relative_to(CLIENT)
        if relative.parts[0] in SKIPPED or file.name == "__init__.py":
            continue
        source = file.read_text()
        module = Module(relative.with_suffix("").as_posix(), source, ast.parse(source))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tandem_client."):
                origin = (node.module or "").removeprefix("tandem_client.").replace(".", "/")
                module.imported |= {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
        for node in module.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                module.definitions[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                module.definitions[node.targets[0].id] = node
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                module.definitions[node.target.id] = node
        yield module


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _functions(name: str, node: ast.stmt) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions of a definition, with the name of their class, which is empty for a plain function."""
    if isinstance(node, ast.FunctionDef):
        yield "", node
    elif isinstance(node, ast.ClassDef):
        yield from ((name, each) for each in node.body if isinstance(each, ast.FunctionDef))


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _is_generator(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _renamed(text: str) -> str:
    for old, new in TEXTS:
        text = text.replace(old, new)
    pieces = re.split(r'("""[\s\S]*?"""|"[^"\n]*")', text)
    for place in range(0, len(pieces), 2):
        for old, new in NAMES.items():
            pieces[place] = re.sub(rf"\b{old}\b", new, pieces[place])
    text = "".join(pieces)
    return text.replace("pa.AsyncIterator", "AsyncIterator")


def written_files() -> dict[str, str]:
    """Return path, below `tandem_client/aio`, to content of each file, formatted."""
    ruff = [sys.executable, "-m", "ruff"]
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory)
        for path, source in Client().written().items():
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
        chosen = ["--config", str(ROOT / "pyproject.toml"), "--quiet", "--no-cache"]
        subprocess.run([*ruff, "check", "--fix-only", "--select", "F401,I,TC005", *chosen, directory], check=True)
        subprocess.run([*ruff, "format", *chosen, directory], check=True)
        return {file.relative_to(target).as_posix(): file.read_text() for file in sorted(target.rglob("*.py"))}


def main() -> None:
    """Write the files, or compare them with `--check`."""
    target = CLIENT / TARGET
    stale = [path for path, text in written_files().items() if not _is_same(target / path, text)]
    if "--check" in sys.argv[1:]:
        sys.exit(f"Not as `make async-client` writes them: {', '.join(stale)}" if stale else 0)
    for path, text in written_files().items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)


def _is_same(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text() == text


if __name__ == "__main__":
    main()
