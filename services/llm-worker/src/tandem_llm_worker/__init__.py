"""tandem_llm_worker."""
