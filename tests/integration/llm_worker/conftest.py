from llm_worker_line import _no_real_provider, kafka_settings, line, start_worker

__all__ = ["_no_real_provider", "kafka_settings", "line", "start_worker"]
