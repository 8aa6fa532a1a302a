"""Agents: provider, model, parameters, prompt and label schema, in immutable versions. Writer: api."""
