"""The price table: what a million tokens of a model cost, from which day on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tandem.events import Price, Usage

ANY_PROVIDER = "*"
_KEPT_LOOKUPS = 10_000
_MILLION = 1_000_000


class PriceFileError(ValueError):
    """A price file that cannot be read; the text says where and why."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ListPrice(_Entry):
    """Prices of some models of a provider, in USD for a million tokens, from the day `valid_from` on."""

    provider: str = Field(min_length=1, description="A provider, or `*` for all.")
    models: tuple[str, ...] = Field(min_length=1, description="Names, or patterns with `*` and `?`.")
    input: float = Field(default=0, ge=0)
    cached_input: float | None = Field(default=None, ge=0, description="None: cached tokens cost as others do.")
    output: float = Field(default=0, ge=0)
    free: bool = Field(default=False, description="Costs nothing, e.g. a model on machines of one's own.")
    valid_from: date = date.min
    source: str = ""

    @model_validator(mode="after")
    def _says_what_it_costs(self) -> Self:
        priced = bool({"input", "output"} & self.model_fields_set)
        if self.free and (priced or self.cached_input is not None):
            raise ValueError("what is free has no other price")
        if not self.free and not {"input", "output"} <= self.model_fields_set:
            raise ValueError("give `input` and `output`, or say `free: true`")
        return self

    def amount(self, usage: Usage) -> float:
        """Return the price in USD. Cached tokens are a part of the prompt's."""
        cached = min(usage.cached_tokens, usage.prompt_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        return (
            (usage.prompt_tokens - cached) * self.input + cached * cached_price + usage.completion_tokens * self.output
        ) / _MILLION

    def most(self, *, prompt_tokens: int, completion_tokens: int) -> float:
        """Return the price in USD, with nothing cached, or all of it where that costs more."""
        dearest = max(self.input, self.cached_input or 0.0)
        return (prompt_tokens * dearest + completion_tokens * self.output) / _MILLION


class PriceFile(_Entry):
    """Price file. `providers` says whose prices hold at a provider that operators gave another name."""

    as_of: date | None = Field(default=None, description="The day on which the prices were believed to hold.")
    currency: Literal["USD"] = "USD"
    providers: Mapping[str, str] = Field(default_factory=dict)
    prices: tuple[ListPrice, ...] = ()


def parse_prices(text: str, *, name: str) -> PriceFile:
    """Parse a price file from its YAML (or JSON). Raises PriceFileError."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PriceFileError(f"{name} is not YAML: {' '.join(str(error).split())}") from error
    try:
        return PriceFile.model_validate({} if content is None else content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        raise PriceFileError(f"{name}, at {place}: {first['msg']}") from error


class PriceTable:
    """Prices of one or more files; what stands in an earlier file wins over all that a later one says of a model.

    Within a file the exact name wins over a pattern, a longer pattern over a shorter, a later day over an earlier.
    """

    def __init__(self, files: Sequence[PriceFile] = ()) -> None:
        self._files = tuple(files)
        self._found: dict[tuple[str, str, date], ListPrice | None] = {}

    @property
    def as_of(self) -> date | None:
        """Return the oldest day of its files."""
        return min((file.as_of for file in self._files if file.as_of is not None), default=None)

    def find(self, provider: str, model: str, at: datetime | date) -> ListPrice | None:
        """Return the price that holds on the day of `at`; None when it is not known."""
        day = at.date() if isinstance(at, datetime) else at
        key = (provider, model, day)
        try:
            return self._found[key]
        except KeyError:
            pass
        if len(self._found) >= _KEPT_LOOKUPS:
            self._found.clear()
        found = self._found[key] = self._look_up(provider, model, day)
        return found

    def knows(self, provider: str, model: str, at: datetime | date) -> bool:
        return self.find(provider, model, at) is not None

    def price(self, model: str, usage: Usage, provider: str, at: datetime | date) -> Price:
        """Compute what the usage cost; the amount is None when the model has no known price."""
        found = self.find(provider, model, at)
        return Price(amount=None if found is None else found.amount(usage))

    def _look_up(self, provider: str, model: str, day: date) -> ListPrice | None:
        names = {provider, ANY_PROVIDER} | {
            file.providers[provider] for file in self._files if provider in file.providers
        }
        for file in self._files:
            best: tuple[tuple[bool, int, date], ListPrice] | None = None
            for entry in file.prices:
                if entry.provider not in names or entry.valid_from > day:
                    continue
                for pattern in entry.models:
                    if pattern != model and not fnmatchcase(model, pattern):
                        continue
                    rank = (pattern == model, len(pattern), entry.valid_from)
                    if best is None or rank > best[0]:
                        best = (rank, entry)
            if best is not None:
                return best[1]
        return None
