"""Costs of requests that were handed back unanswered. Writer: postprocessor."""
