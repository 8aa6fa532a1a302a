"""Logs, metrics, traces and health of a service, started together and flushed last."""
