"""The committed OpenAPI document is what the code says."""

from __future__ import annotations

import json
from pathlib import Path

from tandem_verification_ui.openapi import rendered

COMMITTED = Path(__file__).parents[3] / "services" / "verification-ui" / "openapi.json"


def test_the_committed_document_has_not_drifted() -> None:
    assert COMMITTED.read_text() == rendered(), (
        "write it anew: uv run python -m tandem_verification_ui.openapi services/verification-ui/openapi.json"
    )


def test_operations_have_clean_names_and_every_error_is_a_problem() -> None:
    document = json.loads(rendered())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert sorted(operation["operationId"] for operation in operations) == [
        "begin_bulk_act",
        "check_bulk_act",
        "decide_review_item",
        "decide_review_items",
        "find_record",
        "get_bulk_act",
        "give_opinion",
        "list_bulk_acts",
        "list_opinions",
        "list_review_decisions",
        "list_review_queues",
        "open_record",
        "release_review_item",
        "renew_review_item",
        "reserve_review_items",
        "skip_review_item",
        "undo_bulk_act",
        "undo_review_decision",
        "withdraw_opinion",
    ]
    for operation in operations:
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                assert "application/problem+json" in response["content"], (operation["operationId"], status)
