"""Never publish to a topic that a restarted broker does not know."""

from __future__ import annotations

from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest


def check_topics_after_reconnecting(client: AIOKafkaClient) -> None:
    """Make the first publication over each new connection wait until the broker knows the topics in it.

    A broker that keeps everything in memory comes back empty, and one kind acknowledges messages for a topic that it
    does not have, then drops them when the topic is created. A client that was connected before still believes in the
    topic.
    """
    send = client.send
    checked: dict[int, Any] = {}

    async def careful_send(node_id: int, request: Any, *, group: int = ConnectionGroup.DEFAULT) -> Any:
        if isinstance(request, ProduceRequest) and await client.ready(node_id, group=group):
            connection = client._conns[node_id, group]  # noqa: SLF001 - the library shows its connections nowhere else
            if checked.get(node_id) is not connection:
                topics = [topic for topic, _ in request._topics]  # noqa: SLF001 - nor what a request is about
                answer = await connection.send(MetadataRequest(topics, allow_auto_topic_creation=False))
                if any(code for code, *_ in answer.topics):
                    raise UnknownTopicOrPartitionError
                checked[node_id] = connection
        return await send(node_id, request, group=group)

    client.send = careful_send
