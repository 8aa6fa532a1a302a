"""The bus: events to and from Kafka.

Services supply functions of events and get guarantees: effect → acknowledgement of what follows from it →
commit. Delivery is at least once; order between messages is not promised. Only this package imports the Kafka client.
"""

from tandem.messaging.bus import Batches, Bus, Ownership
from tandem.messaging.connection import Connection
from tandem.messaging.errors import (
    BrokerUnavailableError,
    EventTooLargeError,
    LetGo,
    MessagingError,
    NotNow,
    Poison,
    TooManyDeadLettersError,
)
from tandem.messaging.group_lease import GroupLease
from tandem.messaging.job_table import JobTable
from tandem.messaging.outgoing import Handler, Outgoing
from tandem.messaging.partition_ends import PartitionEnds
from tandem.messaging.producer import Producer
from tandem.messaging.received import Received
from tandem.messaging.runner import ConsumerRunner
from tandem.messaging.topics import TopicKeeper
from tandem.messaging.worker_reports import WorkerReports

__all__ = [
    "Batches",
    "BrokerUnavailableError",
    "Bus",
    "Connection",
    "ConsumerRunner",
    "EventTooLargeError",
    "GroupLease",
    "Handler",
    "JobTable",
    "LetGo",
    "MessagingError",
    "NotNow",
    "Outgoing",
    "Ownership",
    "PartitionEnds",
    "Poison",
    "Producer",
    "Received",
    "TooManyDeadLettersError",
    "TopicKeeper",
    "WorkerReports",
]
