"""The contracts of import-linter cover every package and every writer; one that is new is not left out of them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from sources import ROOT

TANDEM = ROOT / "shared" / "src" / "tandem"
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
SERVICES = {"tandem_api", "tandem_llm_worker", "tandem_postprocessor", "tandem_verification_ui"}
OTHERS = {"tandem_client", "tandem_local"}


def packages() -> set[str]:
    """Return the packages and modules right below `tandem`."""
    found = {path.parent.name for path in TANDEM.glob("*/__init__.py")} | {path.stem for path in TANDEM.glob("*.py")}
    return {f"tandem.{name}" for name in found - {"__init__"}}


def writers() -> set[str]:
    """Return the modules that write a collection, and the migrations."""
    files = [*TANDEM.glob("store/*/writer.py"), *TANDEM.glob("store/*/*_writer.py")]
    found = {".".join(file.relative_to(TANDEM.parent).with_suffix("").parts) for file in files}
    return found | {"tandem.store.migrations"}


def contracts(beginning: str) -> list[dict[str, Any]]:
    found = [contract for contract in CONFIG["contracts"] if contract["name"].startswith(beginning)]
    assert found, f"no contract's name begins with {beginning!r}"
    return found


def test_every_distribution_is_a_root_package() -> None:
    sources = [path.parent for path in ROOT.glob("*/src/*/__init__.py")]
    sources += [path.parent for path in ROOT.glob("services/*/src/*/__init__.py")]
    assert set(CONFIG["root_packages"]) == {path.name for path in sources}


@pytest.mark.parametrize(
    ("beginning", "user"),
    [
        ("Only the store imports the MongoDB driver", "tandem.store"),
        ("Only messaging imports the Kafka client", "tandem.messaging"),
    ],
)
def test_a_driver_is_kept_from_every_other_package(beginning: str, user: str) -> None:
    (contract,) = contracts(beginning)
    assert set(contract["source_modules"]) == packages() - {user} | SERVICES | OTHERS


def test_every_writer_has_one_owner() -> None:
    owners: dict[str, list[str]] = {writer: [] for writer in writers()}
    for contract in CONFIG["contracts"]:
        forbidden, kept_from = contract.get("forbidden_modules", ()), set(contract.get("source_modules", ()))
        if len(SERVICES - kept_from) == 1 and kept_from >= OTHERS:
            for writer in owners.keys() & set(forbidden):
                owners[writer] += sorted(SERVICES - kept_from)
    assert {writer: owner for writer, owner in owners.items() if len(owner) != 1} == {}


def test_what_services_share_may_import_no_writer() -> None:
    (contract,) = contracts("What services share writes nothing on its own")
    assert writers() <= set(contract["forbidden_modules"])


def test_pure_packages_are_named_as_the_architecture_says() -> None:
    (contract,) = contracts("Pure rules import no I/O library")
    pure = {module.removeprefix("tandem.") for module in contract["source_modules"]}
    text = " ".join((ROOT / "ARCHITECTURE.md").read_text().split())
    sentence = next(part for part in text.split(";") if part.endswith(" import no I/O library"))
    assert {word for word in sentence.split("`") if word.isidentifier()} == pure
