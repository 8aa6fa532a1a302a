"""Calls to a provider: the client, what its errors mean, what it can do, when to call again."""
