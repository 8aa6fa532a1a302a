from llm_worker_desk import make_desk, provider, scripted
from llm_worker_line import _no_real_provider, kafka_settings, line, start_worker

__all__ = ["_no_real_provider", "kafka_settings", "line", "make_desk", "provider", "scripted", "start_worker"]
