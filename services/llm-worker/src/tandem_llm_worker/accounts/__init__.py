"""Whether an account (a model of a provider) takes calls: its state, outages, and probes that find out."""
