"""tandem_api."""
