"""Agents: a model, its parameters, its prompt and its label schema, in immutable versions."""
