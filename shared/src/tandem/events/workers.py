"""What workers tell each other and the dispatcher."""

from __future__ import annotations

from pydantic import Field

from tandem.events.envelope import Event


class WorkerReportedV1(Event):
    """Sent about every second by each llm-worker; the last one, `stopping=True`, when it drains."""

    worker: str
    slots: int = Field(ge=0, description="Calls it can have in flight at once.")
    in_flight: int = Field(ge=0)
    queued: int = Field(default=0, ge=0, description="Requests held and not yet started.")
    completed_per_second: float = Field(default=0, ge=0)
    stopping: bool = False
    providers: dict[str, str] = Field(default_factory=dict, description="Provider name to its state: ok, paused.")

    @property
    def key(self) -> str:
        return self.worker
