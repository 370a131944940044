"""What to capture when, and what it costs: pure functions. No I/O, no clock."""
