"""Guards against messages and commits that a broker which forgot everything would accept wrongly."""

from __future__ import annotations

from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import UnknownMemberIdError, UnknownTopicOrPartitionError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

# ruff: noqa: SLF001 - the library shows neither its connections nor what a request is about


def check_topics_after_reconnecting(client: AIOKafkaClient) -> None:
    """Make the first publication over each new connection wait until the broker knows the topics in it.

    A broker that keeps everything in memory comes back empty, and one kind acknowledges messages for a topic that it
    does not have, then drops them when the topic is created. A client that was connected before still believes in it.
    """
    send = client.send
    checked: dict[int, Any] = {}

    async def careful_send(node_id: int, request: Any, *, group: int = ConnectionGroup.DEFAULT) -> Any:
        if isinstance(request, ProduceRequest) and await client.ready(node_id, group=group):
            connection = client._conns[node_id, group]
            if checked.get(node_id) is not connection:
                topics = [topic for topic, _ in request._topics]
                answer = await connection.send(MetadataRequest(topics, allow_auto_topic_creation=False))
                if any(code for code, *_ in answer.topics):
                    raise UnknownTopicOrPartitionError
                checked[node_id] = connection
        return await send(node_id, request, group=group)

    client.send = careful_send


def commit_as_a_member_alone(client: AIOKafkaClient) -> None:
    """Let no commit out that was begun as a member of the group and is sent when the group no longer knows the member.

    The library then sends it in nobody's name, which is not refused where a group has no members: a broker that
    forgot everything would keep a position in a log that is gone, and the consumer would wait there for ever.
    """
    send = client.send

    async def careful_send(node_id: int, request: Any, *, group: int = ConnectionGroup.DEFAULT) -> Any:
        if isinstance(request, OffsetCommitRequest) and request._consumer_group_generation_id < 0:
            raise UnknownMemberIdError
        return await send(node_id, request, group=group)

    client.send = careful_send
