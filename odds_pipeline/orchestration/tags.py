"""The run tags this platform sets and reads."""

SLOT = "odds/slot"
SPORTS = "odds/sports"
PURPOSE = "odds/purpose"
REASON = "odds/reason"
WORKER = "odds/worker"
MAX_RUNTIME = "dagster/max_runtime"
