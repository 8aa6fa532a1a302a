"""The example notebooks, executed as a person runs them, against a stack; and what they must not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from stacks import ROOT, RunningStack

pytestmark = pytest.mark.timeout(300)

NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def test_notebooks_run_from_the_first_cell_to_the_last(
    running_stack: RunningStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_URL", running_stack.ui_url)
    monkeypatch.setenv("TANDEM_TOKEN", running_stack.admin_token)
    monkeypatch.setenv("TANDEM_EXAMPLES", str(ROOT / "examples"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    assert NOTEBOOKS
    for file in NOTEBOOKS:
        notebook: Any = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]  # it ships no types
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(tmp_path))
        outputs = json.dumps([cell.get("outputs") for cell in notebook.cells])
        assert running_stack.admin_token not in outputs
        assert running_stack.api_url not in outputs
    verified = running_stack.mongo["verifications"].count_documents({"values.relation": {"$exists": True}})
    assert verified >= 6, "decisions of a cell stand in the database"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebooks_are_kept_without_outputs(file: Path) -> None:
    cells = json.loads(file.read_text())["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
