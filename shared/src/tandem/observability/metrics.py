"""The metric catalogue: every metric of every service, declared here once. Base units, no ids as labels."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

# --- the bus: every service that consumes or produces -------------------------------------------------------------

EVENTS_PRODUCED = Counter("tandem_bus_events_produced_total", "Events acknowledged by the broker.", ["topic"])
PRODUCE_FAILURES = Counter("tandem_bus_produce_failures_total", "Events the broker did not take at once.", ["topic"])
EVENTS_CONSUMED = Counter("tandem_bus_events_consumed_total", "Events handled to their end.", ["topic", "group"])
BATCH_SIZE = Histogram("tandem_bus_batch_size_events", "Events per handler call.", ["topic"], buckets=_SIZES)
HANDLE_SECONDS = Histogram(
    "tandem_bus_handle_seconds", "Duration of one handler call.", ["topic", "group"], buckets=_SECONDS
)
HANDLER_RETRIES = Counter("tandem_bus_handler_retries_total", "Handler calls made again.", ["topic", "reason"])
DEAD_LETTERS = Counter("tandem_bus_dead_letters_total", "Messages sent to the dead letter topic.", ["topic", "reason"])
SKIPPED = Counter("tandem_bus_skipped_total", "Messages skipped on purpose.", ["topic", "reason"])
CONSUMER_LAG = Gauge("tandem_bus_consumer_lag_events", "High watermark less position, own partitions.", ["topic"])
IN_FLIGHT = Gauge("tandem_bus_in_flight_events", "Events taken and not yet done.", ["topic"])
REBALANCES = Counter("tandem_bus_rebalances_total", "Assignments this consumer got.", ["topic"])
LOG_RESETS = Counter("tandem_bus_log_resets_total", "Times a broker was seen to have forgotten a topic.", ["topic"])
TOPICS_CREATED = Counter("tandem_bus_topics_created_total", "Topics made from the catalogue.", ["topic"])

# --- api and dispatcher -------------------------------------------------------------------------------------------

HTTP_SECONDS = Histogram(
    "tandem_http_request_seconds", "Duration of HTTP requests.", ["method", "route", "status"], buckets=_SECONDS
)
RECORDS_IMPORTED = Counter("tandem_api_records_imported_total", "Records made visible by a committed import.")
REQUESTS_DISPATCHED = Counter("tandem_dispatch_requests_total", "Annotation requests published.", ["kind"])
DISPATCH_OUTSTANDING = Gauge("tandem_dispatch_outstanding_requests", "Requests in Kafka or with a worker.")
DISPATCH_BACKLOG = Gauge(
    "tandem_dispatch_backlog_records",
    "Records of running jobs that have not ended, and 1 a waiting job: somebody must find the provider well again.",
)
DISPATCH_WINDOW = Gauge("tandem_dispatch_window_requests", "Requests the dispatcher may keep outstanding.")
DISPATCH_LEASES = Gauge("tandem_dispatch_leases_jobs", "Jobs whose lease this dispatcher holds.")
DISPATCH_TAKEOVERS = Counter("tandem_dispatch_takeovers_total", "Expired leases taken over.")
UNDELIVERED = Counter("tandem_dispatch_undelivered_total", "Records ended as failed after three asks.")
DRIFTING_AGENTS = Gauge(
    "tandem_drifting_agents",
    "Agents whose drawn labels are wrong more often than accepted; see their drift in the API.",
)
LIVE_WORKERS = Gauge("tandem_dispatch_live_workers", "Workers whose report is fresh.")

# --- llm-worker ---------------------------------------------------------------------------------------------------

MODEL_CALLS = Counter("tandem_model_calls_total", "Calls to a provider by result.", ["provider", "model", "result"])
MODEL_CALL_SECONDS = Histogram(
    "tandem_model_call_seconds", "Duration of one call.", ["provider", "model"], buckets=_SECONDS
)
MODEL_TOKENS = Counter("tandem_model_tokens_total", "Tokens the provider counted.", ["provider", "model", "kind"])
MODEL_COST = Counter("tandem_model_cost_usd_total", "Cost by the price table.", ["provider", "model"])
MODEL_UNPRICED_TOKENS = Counter(
    "tandem_model_unpriced_tokens_total", "Tokens of models without a known price.", ["provider", "model"]
)
MODEL_UNCOUNTED_TOKENS = Counter(
    "tandem_model_uncounted_tokens_total",
    "Paid tokens that reach no job's totals: the worker was cut off before it could report them.",
    ["provider", "model"],
)
MODEL_IN_FLIGHT = Gauge("tandem_model_in_flight_calls", "Calls under way.", ["provider", "model"])
MODEL_MOST_IN_FLIGHT = Gauge(
    "tandem_model_most_in_flight_calls",
    "Calls that may be under way: as configured, or fewer after timeouts or an outage.",
    ["provider", "model"],
)
ACCOUNT_STOPS = Counter(
    "tandem_model_account_stops_total",
    "How often this worker found the account to take no calls.",
    ["provider", "model", "reason"],
)
ACCOUNT_STATE = Gauge(
    "tandem_model_account_state",
    "1 for the state the account is in: ok, paused, stopped.",
    ["provider", "model", "state"],
)
ACCOUNT_SHARE = Gauge(
    "tandem_model_account_share_ratio", "The part of the account that this worker holds.", ["provider", "model"]
)
ACCOUNT_CALLS_ALLOWED = Gauge(
    "tandem_model_account_allowed_calls_per_second",
    "Calls a second that this worker may make by what is known of the limits.",
    ["provider", "model"],
)
ACCOUNT_PROBES = Counter(
    "tandem_model_account_probes_total", "Minimal calls to stopped accounts.", ["provider", "model", "result"]
)
HANDED_BACK = Counter(
    "tandem_worker_handed_back_total",
    "Requests returned unanswered, to be asked again.",
    ["provider", "model", "reason"],
)
ANSWERS_TAKEN_OVER = Counter(
    "tandem_worker_answers_taken_over_total", "Answers of other workers that were read when their partitions came."
)
ANSWERS_REPEATED = Counter("tandem_worker_answers_repeated_total", "Kept answers sent again instead of paid again.")
ANSWERS_RESUMED = Counter(
    "tandem_worker_answers_resumed_total", "Answers of handed-back requests that were used instead of paid again."
)

PROMPTS_RENDERED = Counter(
    "tandem_prompts_rendered_total", "Prompts rendered by child processes: ok, error, limit.", ["result"]
)
RENDERERS_ENDED = Counter(
    "tandem_renderers_ended_total", "Child processes that ended while they rendered: cpu, crash.", ["reason"]
)

# --- postprocessor ------------------------------------------------------------------------------------------------

ANNOTATIONS_WRITTEN = Counter("tandem_annotations_written_total", "Annotations written first.", ["outcome", "rule"])
ANNOTATION_DUPLICATES = Counter("tandem_annotations_duplicate_total", "Answers that were already written.")
LABEL_CONFIDENCE = Histogram(
    "tandem_annotations_confidence_ratio",
    "Confidence of labels.",
    ["method"],
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0),
)
HANDED_BACK_PAYMENTS = Counter(
    "tandem_handed_back_payments_total", "Payments noted for requests that were handed back unanswered."
)
REVIEWS_REQUESTED = Counter("tandem_reviews_requested_total", "Records sent to review.", ["reason"])
REVIEWS_WITHDRAWN = Counter("tandem_reviews_withdrawn_total", "Records whose request for a review was withdrawn.")
DECISIONS_APPLIED = Counter("tandem_decisions_applied_total", "People's decisions applied to annotations.")

# --- verification-ui ----------------------------------------------------------------------------------------------

REVIEW_ITEMS_QUEUED = Counter("tandem_review_items_queued_total", "Items taken into the queue.", ["source"])
REVIEW_QUEUE = Gauge("tandem_review_queue_items", "Open items in the review queue.")
DECISIONS = Counter("tandem_review_decisions_total", "Decisions by people.", ["kind"])
SWEEP_REPAIRS = Counter("tandem_sweep_repairs_total", "Documents a sweep had to mend.", ["sweep"])
