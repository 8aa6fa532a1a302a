"""Settings of the postprocessor for operators."""

from __future__ import annotations

from pydantic import Field

from tandem.settings import MongoSettings, ServiceSettings


class PostprocessorSettings(ServiceSettings):
    mongo: MongoSettings = MongoSettings()
    max_batch: int = Field(default=500, ge=1, le=5000, description="Answers written with one insert.")
    concurrency: int = Field(default=2, ge=1, le=16, description="Batches under way at once.")
    drain_seconds: float = Field(default=10.0, gt=0, description="For batches under way when asked to stop.")
    unknown_job_seconds: float = Field(
        default=10.0, ge=0, description="How long an answer waits for its job to become known before it is skipped."
    )
    sweep_seconds: float = Field(
        default=180.0, gt=0, description="How often people's decisions are compared with the annotations."
    )
