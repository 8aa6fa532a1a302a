"""tandem_verification_ui."""
