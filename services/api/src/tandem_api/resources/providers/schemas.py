"""Providers on the wire: names alone, neither addresses nor keys."""

from __future__ import annotations

from tandem_api.views import View


class Provider(View):
    name: str
    models: tuple[str, ...]
    default_model: str | None


class ProviderList(View):
    items: list[Provider]
