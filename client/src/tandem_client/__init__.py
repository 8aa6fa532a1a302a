"""tandem_client."""
