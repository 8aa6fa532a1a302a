"""Accounts (a model of a provider each): whether they accept calls, outages, and the probes that find out."""
