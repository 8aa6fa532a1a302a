"""Settings, composed of small models. Built once in `main()` and passed down; nothing else reads the environment.

Every service reads variables with the prefix `TANDEM_` and `__` between the parts, e.g.
`TANDEM_KAFKA__BOOTSTRAP_SERVERS=broker:9092`. Secrets may also come as files of the same name (lower case) in the
directory named by `TANDEM_SECRETS_DIR`, as Kubernetes mounts them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)


class KafkaSettings(BaseModel):
    """Address and credentials of the broker. SASL and TLS follow Apache Kafka's names."""

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = Field(default=None, description="Client certificate, for mutual TLS.")
    tls_key_file: Path | None = None
    prefix: str = Field(
        default="",
        pattern=r"^[a-zA-Z0-9._-]*$",
        max_length=60,
        description="Put before every topic and group name, so that several installations share a cluster.",
    )
    create_topics: bool = Field(default=True, description="False where topics are made beforehand by operators.")
    partitions: int | None = Field(default=None, ge=1, description="Overrides the catalogue's partition counts.")
    replication_factor: int = Field(default=-1, description="-1: the broker's default.")
    idempotent_producer: bool = Field(default=True, description="False for brokers without idempotent producers.")
    session_timeout_seconds: float = Field(
        default=10, gt=0, description="A consumer silent for so long is taken for dead; its partitions go to others."
    )
    heartbeat_seconds: float = Field(
        default=1,
        gt=0,
        description="At most a third of the session timeout. So long a change in the group may be unknown.",
    )
    unavailable_limit_seconds: float | None = Field(
        default=None,
        gt=0,
        description="A process that starts while the broker is away ends after this; left out, it waits, not ready. "
        "One that is running waits in any case.",
    )

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.security_protocol.startswith("SASL") and (self.sasl_username is None or self.sasl_password is None):
            raise ValueError("kafka: SASL needs sasl_username and sasl_password")
        return self


class MongoSettings(BaseModel):
    url: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?directConnection=true")
    database: str = Field(default="tandem", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    tls_ca_file: Path | None = None
    tls_cert_key_file: Path | None = Field(default=None, description="Client certificate and key in one PEM file.")
    server_selection_timeout_seconds: float = Field(
        default=5.0, gt=0, description="How long a call waits for a primary before it counts as failed."
    )
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="How long connecting may take.")
    heartbeat_seconds: float = Field(
        default=2.0,
        ge=0.5,
        description="How often each server is asked for its state. A primary that stopped answering is given up after "
        "this and the connect timeout together.",
    )
    answer_timeout_seconds: float = Field(
        default=60.0, gt=0, description="How long a connection may be silent while a call waits for its answer."
    )


class ObservabilitySettings(BaseModel):
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    ops_host: str = Field(default="127.0.0.1", description="Where /metrics, /livez and /readyz listen.")
    ops_port: int = Field(default=0, ge=0, le=65535, description="0: a free port.")
    otlp_endpoint: str | None = Field(default=None, description="OTLP over HTTP, e.g. http://collector:4318")
    trace_sample_ratio: float = Field(default=0.01, ge=0, le=1)


class HttpSettings(BaseModel):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses and networks (10.0.0.0/8) of the proxies in front, whose X-Forwarded-For and "
        "X-Forwarded-Proto hold. Cookies are marked Secure when one of them says https.",
    )
    header_seconds: float = Field(default=15, gt=0, description="How long the headers of a request may take to come.")


class ServiceSettings(BaseSettings):
    """Base of each service's settings."""

    model_config = SettingsConfigDict(env_prefix="TANDEM_", env_nested_delimiter="__", extra="ignore")

    kafka: KafkaSettings = KafkaSettings()
    observability: ObservabilitySettings = ObservabilitySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the hook's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings, dotenv_settings)
        if directory := os.environ.get("TANDEM_SECRETS_DIR"):
            sources += (
                NestedSecretsSettingsSource(file_secret_settings, secrets_dir=directory, secrets_nested_delimiter="__"),
            )
        return sources
