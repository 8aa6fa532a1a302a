"""Settings of the verification-ui."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tandem.settings import HttpSettings, MongoSettings, ServiceSettings


class VerificationUiSettings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8080)
    mongo: MongoSettings = MongoSettings()
    api_url: str = Field(default="http://127.0.0.1:8000", description="Where the api answers; /api is forwarded there.")
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="The address people open. When it is https, browsers are told to stay with https.",
    )
    reservation_seconds: float = Field(default=120, gt=0, description="How long an item is kept for a person.")
    sweep_seconds: float = Field(default=300, gt=0, description="Between comparisons of live jobs with the queue.")
    full_sweep_seconds: float = Field(default=3600, gt=0, description="Between comparisons of all jobs.")
    settle_seconds: float = Field(default=3, ge=0, description="From the end of a job to its comparison.")
    max_batch: int = Field(default=500, ge=1)

    @field_validator("api_url", "public_url")
    @classmethod
    def _is_a_web_address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no http or https address")
        if "@" in urlsplit(url).netloc:
            raise ValueError("leave user name and password out: each request brings its own credential")
        return url.rstrip("/")
