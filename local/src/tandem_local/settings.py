"""Settings that the local stack reads from the environment. Everything else reaches the services unchanged."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """The user's own servers take precedence over the embedded ones; an API key, over the offline annotator.

    Providers are set as for a cluster's workers: `TANDEM_PROVIDERS`, and `TANDEM_PROVIDERS__NAME__FIELD` over it.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, env_nested_delimiter="__")

    providers: dict[str, dict[str, Any]] = Field(default_factory=dict, validation_alias="TANDEM_PROVIDERS", repr=False)

    kafka: str | None = Field(default=None, validation_alias="TANDEM_KAFKA__BOOTSTRAP_SERVERS")
    mongo: SecretStr | None = Field(default=None, validation_alias="TANDEM_MONGO__URL")
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field(default="https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    openai_model: str = Field(default="gpt-4o-mini", validation_alias="OPENAI_MODEL")
