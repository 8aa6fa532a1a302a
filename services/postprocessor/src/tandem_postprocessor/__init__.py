"""tandem_postprocessor."""
