"""The committed OpenAPI document is what the code says, and says what clients need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tandem_api.openapi import rendered

FILE = Path(__file__).parents[3] / "services" / "api" / "openapi.json"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    document = json.loads(FILE.read_text())
    return [(method, path, each) for path, item in document["paths"].items() for method, each in item.items()]


def test_the_committed_document_is_what_the_code_says() -> None:
    assert FILE.read_text() == rendered(), "it drifted: python -m tandem_api.openapi services/api/openapi.json"


def test_operation_ids_are_plain_words_and_each_is_given_once() -> None:
    ids = [each["operationId"] for _, _, each in operations()]
    assert len(set(ids)) == len(ids)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in ids)


def test_every_operation_documents_its_errors_as_problems() -> None:
    for method, path, each in operations():
        errors = {status: answer for status, answer in each["responses"].items() if int(status) >= 400}
        assert {"401", "403", "503"} <= set(errors), (method, path)
        if "{" in path:
            assert "404" in errors, (method, path)
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in errors.values())


def test_every_operation_but_the_login_names_its_credentials() -> None:
    for _, _, each in operations():
        assert bool(each.get("security")) == (each["operationId"] != "create_session")
