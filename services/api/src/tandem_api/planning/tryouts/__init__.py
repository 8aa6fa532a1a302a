"""Try-outs: a model asked about a few records, as a small hidden job through the workers."""
