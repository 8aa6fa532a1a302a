"""Providers: the models that operators offer."""
