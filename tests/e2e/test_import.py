"""A file that is refused leaves nothing behind on a running stack, and a mended one is taken whole."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from stacks import RunningStack
from tandem_client import TandemError
from tandem_local.demo.data import describe
from tandem_local.demo.run import PROJECT, Demo


def test_a_broken_csv_leaves_nothing_behind_and_can_be_mended_and_imported(
    running_stack: RunningStack, tmp_path: Path
) -> None:
    tandem = running_stack.tandem
    project = tandem.projects.create(f"broken {uuid.uuid4().hex[:8]}")
    dataset = tandem.datasets.create(project.id, name="broken")
    file = tmp_path / "broken.csv"
    rows = [f"r{number},text {number}\n".encode() for number in range(5000)]
    file.write_bytes(b"id,text\n" + b"".join(rows) + b"r-last,\xff\xfe not UTF-8\n")

    with pytest.raises(TandemError, match="not UTF-8") as refused:
        tandem.datasets.import_csv(dataset.id, file, text_columns=["text"], id_column="id")

    assert refused.value.extras["row"] == 5001
    assert refused.value.cure
    assert tandem.datasets.get(dataset.id).record_count == 0
    assert running_stack.mongo["records"].count_documents({"dataset_id": dataset.id}) == 0

    file.write_bytes(b"id,text\n" + b"".join(rows))
    again = tandem.datasets.import_csv(dataset.id, file, text_columns=["text"], id_column="id")
    assert again.records == tandem.datasets.get(dataset.id).record_count == 5000


def test_a_demo_whose_file_is_refused_leaves_nothing_behind(running_stack: RunningStack, tmp_path: Path) -> None:
    file = tmp_path / "broken.csv"
    file.write_bytes(b"text\nso\n\xff\n")
    data = describe(file, text_columns=(), gold_column=None, id_column=None, labels=["a", "b"])
    with pytest.raises(TandemError, match="not UTF-8"):
        Demo(data, running_stack.stack.model, "broker").start(running_stack.tandem, say=print)
    assert running_stack.tandem.projects.find(PROJECT) is None
