"""tandem_local."""
