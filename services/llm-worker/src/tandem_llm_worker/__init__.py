"""Answers annotation requests by calling a model, within what the account allows."""
