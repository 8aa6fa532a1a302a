"""Settings of the API for operators, from `TANDEM_*` variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from tandem.rendering.settings import RenderingSettings
from tandem.settings import HttpSettings, MongoSettings, ServiceSettings


class ProviderOffer(BaseModel):
    """A model provider that agents may name. Only the workers know its address and credentials: whatever else stands in
    the setting is dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    models: tuple[str, ...] = Field(default=(), description="Models that agents may use; empty: any.")
    default_model: str | None = None


class ApiSettings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8000)
    mongo: MongoSettings = MongoSettings()
    rendering: RenderingSettings = RenderingSettings()
    providers: tuple[ProviderOffer, ...] = ()
    prices_file: Path | None = Field(
        default=None, description="Prices that win over those that come with Tandem; the same file for all services."
    )
    bootstrap_admin_key: SecretStr | None = Field(
        default=None,
        description="An API key with the role admin that exists from the start. Changing it ends the one before.",
    )
    session_seconds: int = Field(default=7 * 24 * 3600, ge=60, description="How long a browser stays logged in.")
    secure_cookies: bool | None = Field(
        default=None, description="Whether cookies are for https alone; None: as the request came."
    )
    max_upload_bytes: int = Field(default=2 * 1024**3, ge=1)
    max_unpacked_bytes: int = Field(
        default=16 * 1024**3, ge=1, description="How large a compressed upload may become when it is unpacked."
    )
    max_record_bytes: int = Field(default=256 * 1024, ge=1, le=1024 * 1024)
    import_lease_seconds: float = Field(
        default=30, ge=1, description="How long a data set stays closed for imports after the one running died."
    )
    upload_idle_seconds: float = Field(default=60, gt=0, description="An upload that sends nothing for so long ends.")

    tryout_seconds: float = Field(
        default=20, gt=0, le=120, description="How long a probe or a try-out waits for the model's answers."
    )

    @field_validator("providers", mode="before")
    @classmethod
    def _as_the_workers_write_it(cls, value: Any) -> Any:
        """Accept the workers' form too, a mapping of names."""
        if isinstance(value, dict):
            return [{**offer, "name": name} for name, offer in value.items()]
        return value

    @field_validator("bootstrap_admin_key")
    @classmethod
    def _key_cannot_be_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("use at least 32 random characters, e.g. from `openssl rand -hex 32`")
        return value
