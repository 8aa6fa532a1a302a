"""Real parts and stand-ins for tests: Apache Kafka, a simulated model provider, a trace receiver, deadlines.

Installed with the extra `testing`. No service imports it.
"""
