"""The run tags this platform sets and reads."""

SLOT = "odds/slot"
REASON = "odds/reason"
MAX_RUNTIME = "dagster/max_runtime"
