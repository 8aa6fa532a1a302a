"""Which of the driver's errors may be retried, in every shape in which they come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ClientBulkWriteException,
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteConcernError,
    WTimeoutError,
)

from tandem.store.errors import (
    CONFLICT_CODES,
    CONFLICT_LABEL,
    DUPLICATE_KEY,
    UNAVAILABLE_CODES,
    UNAVAILABLE_LABELS,
    StoreConflictError,
    StoreUnavailableError,
    only_duplicates,
    reason,
    retryable,
    store_errors,
)

PERMANENT_CODES = [1, 2, 8, 9, 13, 18, 26, 66, 79, 85, 86, 100, 121, 10334]
"""BadValue, Unauthorized, AuthenticationFailed, IndexOptionsConflict, UnsatisfiableWriteConcern and others."""

Part = dict[str, Any]


def failure(code: int | None, *labels: str, message: str = "said the server", **more: Any) -> Part:
    part: Part = {"errmsg": message, "errorLabels": list(labels), **more}
    return part if code is None else {"code": code, **part}


unavailable_parts = st.one_of(
    st.sampled_from(sorted(UNAVAILABLE_CODES)).map(failure),
    st.sampled_from(UNAVAILABLE_LABELS).map(lambda label: failure(8, label)),
    st.just(failure(None, message="node is recovering")),
    st.just(failure(8, errInfo={"wtimeout": True})),
    st.sampled_from(sorted(UNAVAILABLE_CODES)).map(lambda code: failure(8, writeConcernError=failure(code))),
)
conflict_parts = st.one_of(st.sampled_from(sorted(CONFLICT_CODES)).map(failure), st.just(failure(8, CONFLICT_LABEL)))
duplicates = st.just(failure(DUPLICATE_KEY))
permanent_parts = st.sampled_from(PERMANENT_CODES).map(failure)


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("gone"),
        NetworkTimeout("silent"),
        NotPrimaryError("not primary", {"code": 10107}),
        ServerSelectionTimeoutError("no primary"),
        WaitQueueTimeoutError("no connection free"),
        ConnectionFailure("refused"),
        ExecutionTimeout("too slow", 50),
        WTimeoutError("not replicated in time", 64),
        CursorNotFound("the server restarted", 43),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_driver_raises_when_a_server_is_away_may_be_retried(error: PyMongoError) -> None:
    assert retryable(error) is StoreUnavailableError


@pytest.mark.parametrize("code", sorted(UNAVAILABLE_CODES))
def test_a_passing_code_may_be_retried_in_a_command_error_and_in_a_write_concern_error(code: int) -> None:
    assert retryable(OperationFailure("said the server", code, failure(code))) is StoreUnavailableError
    assert retryable(WriteConcernError("said the server", code, failure(code))) is StoreUnavailableError
    assert reason(WriteConcernError("", code, failure(code))) == f"WriteConcernError ({UNAVAILABLE_CODES[code]})"


@pytest.mark.parametrize("code", sorted(CONFLICT_CODES))
def test_a_transaction_that_was_given_up_is_a_conflict(code: int) -> None:
    assert retryable(OperationFailure("said the server", code, failure(code))) is StoreConflictError


@pytest.mark.parametrize("code", PERMANENT_CODES)
def test_what_no_retry_mends_stays_as_it_is(code: int) -> None:
    assert retryable(OperationFailure("said the server", code, failure(code))) is None
    assert retryable(WriteConcernError("said the server", code, failure(code))) is None


@pytest.mark.parametrize(
    "error",
    [InvalidOperation("closed"), ConfigurationError("no such option"), DuplicateKeyError("taken", DUPLICATE_KEY)],
    ids=lambda error: type(error).__name__,
)
def test_faults_of_the_program_and_taken_keys_stay_as_they_are(error: PyMongoError) -> None:
    assert retryable(error) is None


@pytest.mark.parametrize("label", UNAVAILABLE_LABELS)
def test_a_label_of_the_driver_s_own_counts_as_one_of_the_server_s(label: str) -> None:
    assert retryable(PyMongoError("unknown to us", [label])) is StoreUnavailableError
    assert retryable(OperationFailure("unknown to us", 8, failure(8, label))) is StoreUnavailableError


@given(
    writes=st.lists(st.one_of(unavailable_parts, conflict_parts, duplicates, permanent_parts), max_size=5),
    concerns=st.lists(st.one_of(unavailable_parts, permanent_parts), max_size=3),
)
def test_a_bulk_result_may_be_retried_when_all_that_is_wrong_with_it_passes(
    writes: list[Part], concerns: list[Part]
) -> None:
    def permanent(part: Part) -> bool:
        return part.get("code") in PERMANENT_CODES and retryable(OperationFailure("", part["code"], part)) is None

    passing = [part for part in writes + concerns if part.get("code") != DUPLICATE_KEY]
    expected = bool(passing) and not any(map(permanent, passing))
    details = {"writeErrors": writes, "writeConcernErrors": concerns}
    assert (retryable(BulkWriteError(details)) is not None) == expected
    assert (retryable(ClientBulkWriteException(details, verbose=False)) is not None) == expected


@given(error=unavailable_parts, duplicates=st.integers(0, 3))
def test_an_error_within_a_bulk_error_s_cause_is_found(error: Part, duplicates: int) -> None:
    cause = OperationFailure(error["errmsg"], error.get("code"), error)
    details = {"error": cause, "writeErrors": [failure(DUPLICATE_KEY)] * duplicates, "writeConcernErrors": []}
    assert retryable(ClientBulkWriteException(details, verbose=False)) is StoreUnavailableError
    permanent = {**details, "error": OperationFailure("not allowed", 13, failure(13))}
    assert retryable(ClientBulkWriteException(permanent, verbose=False)) is None


wrong_values: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, "", "text", [], [1], ["x"], {}, {"code": {}}, [{"code": []}], [None]]
)
error_documents = st.dictionaries(
    st.sampled_from(
        ["code", "errmsg", "errorLabels", "writeErrors", "writeConcernErrors", "writeConcernError", "errInfo"]
    ),
    wrong_values,
)


@given(error_documents)
def test_no_document_breaks_the_judgment(details: Part) -> None:
    if "errorLabels" in details:
        details["errorLabels"] = [str(details["errorLabels"])]  # the driver itself takes nothing but a list of texts
    for error in (OperationFailure("", None, details), BulkWriteError(details), NotPrimaryError("", details)):
        retryable(error)
        assert type(error).__name__ in reason(error)


def test_an_insert_with_nothing_but_duplicates_took_effect_before() -> None:
    taken = [{**failure(DUPLICATE_KEY), "index": index} for index in (0, 2)]
    assert only_duplicates(BulkWriteError({"writeErrors": taken, "writeConcernErrors": []})) == {0, 2}


@pytest.mark.parametrize("concern", [failure(11602), failure(64)])
async def test_duplicates_that_may_not_last_are_inserted_again(concern: Part) -> None:
    taken = {**failure(DUPLICATE_KEY), "index": 0}
    error = BulkWriteError({"writeErrors": [taken], "writeConcernErrors": [concern]})
    with pytest.raises(StoreUnavailableError):
        async with store_errors():
            only_duplicates(error)
