"""Connection to the broker: the settings as the Kafka client wants them, and names with the installation's prefix."""

from __future__ import annotations

import functools
import ssl
from typing import Any

import aiokafka.admin.client
import aiokafka.client
from aiokafka.protocol.metadata import MetadataRequest

from tandem.events import Topic
from tandem.settings import KafkaSettings


class Connection:
    """The broker's address and credentials. Holds no socket; every client made with `options` opens its own."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.settings = settings
        _leave_topic_creation_to_the_keeper()

    def topic(self, topic: Topic) -> str:
        """Return the topic's name on this broker."""
        return f"{self.settings.prefix}{topic.name}"

    def group(self, service: str) -> str:
        """Return the consumer group's name on this broker."""
        return f"{self.settings.prefix}{service}"

    def partitions(self, topic: Topic) -> int:
        """Return how many partitions the topic should have.

        A topic of one partition relies on its order and keeps it.
        """
        return topic.partitions if topic.partitions == 1 else self.settings.partitions or topic.partitions

    @property
    def options(self) -> dict[str, Any]:
        """Return keyword arguments for any of the client library's classes."""
        settings = self.settings
        options: dict[str, Any] = {
            "bootstrap_servers": settings.bootstrap_servers,
            "security_protocol": settings.security_protocol,
        }
        if settings.security_protocol.startswith("SASL"):
            assert settings.sasl_password is not None  # noqa: S101 - the settings' own validator saw to it
            options |= {
                "sasl_mechanism": settings.sasl_mechanism,
                "sasl_plain_username": settings.sasl_username,
                "sasl_plain_password": settings.sasl_password.get_secret_value(),
            }
        if settings.security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        """Return a context that verifies the broker's certificate and name.

        It shows a client certificate if one is set.
        """
        settings = self.settings
        context = ssl.create_default_context(cafile=None if settings.tls_ca_file is None else str(settings.tls_ca_file))
        if settings.tls_cert_file is not None:
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
        return context


def _leave_topic_creation_to_the_keeper() -> None:
    """Make the client library's metadata requests ask for no topic to be created.

    Left alone, whoever first asks for a missing topic has it made with the broker's default partition count, before the
    TopicKeeper makes it as the catalogue says. The library has no option for it, though its request has the field.
    """
    for module in (aiokafka.client, aiokafka.admin.client):
        module.MetadataRequest = functools.partial(MetadataRequest, allow_auto_topic_creation=False)
