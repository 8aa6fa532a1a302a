"""The demo: a CSV file labeled through the public API, as a user would do it. It uses no database directly."""
