"""Limits of renderings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RenderingSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    processes: int = Field(
        default=2, ge=1, le=16, description="Child processes for templates that are not provably cheap; made if needed."
    )
    cpu_seconds: float = Field(
        default=0.1,
        ge=0.01,
        le=10,
        description="CPU time of one record's prompt; more is the template's error.",
    )
    compile_cpu_seconds: float = Field(
        default=1.0, ge=0.1, le=30, description="CPU time to compile an agent's templates and render what is constant."
    )
    memory_mb: int = Field(default=128, ge=32, description="Memory of a child process beside what it starts with.")
    wait_seconds: float = Field(
        default=30.0, gt=0, description="How long a rendering waits for its turn before the renderers count as busy."
    )
