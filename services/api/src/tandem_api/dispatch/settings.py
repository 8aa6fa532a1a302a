"""Settings of the dispatcher process."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from tandem.pricing import MOST_PAID_CALLS
from tandem.rendering.settings import RenderingSettings
from tandem.settings import MongoSettings, ServiceSettings


class DispatchSettings(BaseModel):
    window_seconds: float = Field(default=2.0, gt=0, description="Seconds of measured completions kept outstanding.")
    rebalance_seconds: float = Field(
        default=5.0,
        ge=0,
        description="Seconds of completions kept outstanding beyond that after a worker came or went: workers fetch "
        "nothing while the consumer group shares its partitions out anew.",
    )
    min_window: int = Field(default=64, ge=1)
    max_window: int = Field(default=5000, ge=1)
    deadline_seconds: float = Field(
        default=120.0,
        gt=0,
        description="Unanswered past this, a record is asked again; longer where the workers' calls may take longer.",
    )
    lease_seconds: float = Field(default=5.0, gt=0, description="A killed dispatcher's jobs go on after this.")
    tick_seconds: float = Field(default=0.1, gt=0)
    look_seconds: float = Field(default=0.5, gt=0, description="How often jobs are read again, so that pause is felt.")
    announce_seconds: float = Field(default=3.0, gt=0, description="How often live jobs are published again.")
    listen_seconds: float = Field(
        default=2.5, ge=0, description="How long the workers are listened to before a waiting job may go on."
    )
    ask_anew_seconds: float = Field(
        default=3.0, ge=0, description="Least seconds between two times that handed-back requests are asked again."
    )
    paid_calls: int = Field(
        default=MOST_PAID_CALLS,
        ge=1,
        description="Calls for one answer that a budget reserves money for; the workers' retry.max_calls.",
    )
    keep_reports_seconds: float = Field(
        default=1.0, gt=0, description="How often the workers' reports are written down for the API."
    )


class DispatcherSettings(ServiceSettings):
    mongo: MongoSettings = MongoSettings()
    dispatch: DispatchSettings = DispatchSettings()
    rendering: RenderingSettings = RenderingSettings()
    prices_file: Path | None = Field(
        default=None, description="Prices that win over those that come with Tandem; the same file for all services."
    )
