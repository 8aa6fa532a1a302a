"""The `tandem` command line: the SDK for people at a terminal."""
