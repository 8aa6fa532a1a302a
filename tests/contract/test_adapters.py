"""Only `__main__`, `bootstrap` and `app` build adapters: what reads or writes the store, the bus or the network."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath

import pytest

from sources import ROOT, SOURCES, calls

BUILDERS = frozenset({"__main__", "bootstrap", "app"})
INSIDE = ("shared/src/tandem/store/", "shared/src/tandem/messaging/")
"""What adapters are made of themselves, e.g. a job table of a broadcast reader."""
CONNECTED = frozenset({"Database", "Connection", "Producer", "MongoSettings", "KafkaSettings"})
"""A class of the store or of messaging is an adapter if its constructor takes one of these."""
OTHERS = frozenset(
    {
        "tandem.rendering.pool.RendererPool",
        "tandem_verification_ui.forward.Forwarder",
        "tandem_llm_worker.providers.client.ProviderClient",
    }
)


def adapters_built(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each adapter that the source builds."""
    for call, called in calls(ast.parse(source)):
        if called in OTHERS or (called.startswith(("tandem.store.", "tandem.messaging.")) and _is_adapter(called)):
            yield call.lineno, called


def _is_adapter(called: str) -> bool:
    module, _, name = called.rpartition(".")
    try:
        found = getattr(import_module(module), name, None)
    except ModuleNotFoundError:  # a method: `tandem.store.jobs.documents.Job.of`
        return False
    if not inspect.isclass(found) or issubclass(found, BaseException | dict):  # a TypedDict is a dict
        return False
    taken = (str(parameter.annotation) for parameter in inspect.signature(found).parameters.values())
    return any(CONNECTED & set(annotation.replace(" | None", "").split(" ")) for annotation in taken)


def test_adapters_are_built_in_the_bootstrap_of_a_process_alone() -> None:
    strange = [
        f"{file.relative_to(ROOT)}:{line}: {called}"
        for file in SOURCES
        if file.stem not in BUILDERS and not str(file.relative_to(ROOT)).startswith(INSIDE)
        for line, called in adapters_built(file.read_text())
    ]
    assert not strange, "build these in the process's bootstrap and pass them down"


def test_every_process_builds_its_adapters_there() -> None:
    """So that the rule is not held because adapters are not recognised any more."""
    found = {
        name
        for file in SOURCES
        if file.stem in BUILDERS
        for _, called in adapters_built(file.read_text())
        for name in [called.rpartition(".")[2]]
    }
    assert found >= {"JobReader", "AnnotationWriter", "Database", "Connection", "Producer", "JobTable", "RendererPool"}
    assert found >= {PurePath(other.replace(".", "/")).name for other in OTHERS}


@pytest.mark.parametrize(
    "source",
    [
        "from tandem.store.jobs.reader import JobReader\nJobReader(database)",
        "from tandem.store.jobs import reader\nreader.JobReader(database)",
        "from tandem.messaging import Producer as P\nP(connection)",
        "from tandem.store.database import Database\nDatabase(settings)",
        "from tandem.rendering.pool import RendererPool\nRendererPool(settings)",
    ],
)
def test_an_adapter_is_found_however_it_is_imported(source: str) -> None:
    assert list(adapters_built(source))


@pytest.mark.parametrize(
    "source",
    [
        "from tandem.store.database import StoreUnavailableError\nStoreUnavailableError('away')",
        "from tandem.messaging import Outgoing\nOutgoing(event)",
        "from tandem.store.review_items.documents import ReviewItem\nReviewItem.requested(request)",
    ],
)
def test_values_and_errors_are_no_adapters(source: str) -> None:
    assert not list(adapters_built(source))
