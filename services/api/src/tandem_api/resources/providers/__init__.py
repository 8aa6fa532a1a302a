"""Providers: the models that operators put at disposal."""
