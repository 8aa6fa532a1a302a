"""The broker's address and credentials as the client library wants them."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tandem.events.catalog import JOBS, REQUESTS
from tandem.messaging import Connection
from tandem.settings import KafkaSettings


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=broker "
        f"-keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    return cert, key


def test_a_plain_broker_needs_an_address_alone() -> None:
    options = Connection(KafkaSettings(bootstrap_servers="broker:9092")).options

    assert options == {"bootstrap_servers": "broker:9092", "security_protocol": "PLAINTEXT"}


def test_tls_verifies_the_broker_against_the_given_authority(certificate: tuple[Path, Path]) -> None:
    cert, _ = certificate
    options = Connection(KafkaSettings(security_protocol="SSL", tls_ca_file=cert)).options

    context = options["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert [dict(pair for (pair,) in ca["subject"])["commonName"] for ca in context.get_ca_certs()] == ["broker"]
    assert "sasl_mechanism" not in options


def test_mutual_tls_shows_the_client_s_certificate(certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    settings = KafkaSettings(security_protocol="SSL", tls_ca_file=cert, tls_cert_file=cert, tls_key_file=key)

    assert Connection(settings).options["ssl_context"]

    with pytest.raises(ssl.SSLError):  # the files are really read: a certificate is no key
        _ = Connection(settings.model_copy(update={"tls_key_file": cert})).options


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_sasl_hands_over_name_password_and_mechanism(protocol: str) -> None:
    settings = KafkaSettings(
        security_protocol=protocol,
        sasl_mechanism="SCRAM-SHA-256",
        sasl_username="tandem",
        sasl_password=SecretStr("secret"),
    )
    options = Connection(settings).options

    assert options["sasl_mechanism"] == "SCRAM-SHA-256"
    assert options["sasl_plain_username"] == "tandem"
    assert options["sasl_plain_password"] == "secret"  # noqa: S105 - made up
    assert ("ssl_context" in options) == (protocol == "SASL_SSL")
    assert "secret" not in repr(settings)


def test_sasl_without_credentials_is_refused_with_the_missing_fields() -> None:
    with pytest.raises(ValidationError, match="sasl_username and sasl_password"):
        KafkaSettings(security_protocol="SASL_SSL")


def test_topics_and_groups_carry_the_installation_s_prefix() -> None:
    connection = Connection(KafkaSettings(prefix="lab."))

    assert connection.topic(REQUESTS) == "lab.annotation.requests"
    assert connection.group("llm-worker") == "lab.llm-worker"


def test_partition_counts_can_be_overridden_except_where_one_partition_is_the_point() -> None:
    connection = Connection(KafkaSettings(partitions=6))

    assert connection.partitions(REQUESTS) == 6
    assert connection.partitions(JOBS) == 1
    assert Connection(KafkaSettings()).partitions(REQUESTS) == REQUESTS.partitions
