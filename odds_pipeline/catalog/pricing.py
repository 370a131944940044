"""The words of fair prices and edges, where code that must import fast needs them.

Belongs here: names. Does not belong here: what they do (``betting``, ``services.market``).
"""

# Margin removals that stored fair prices are made with; ``betting`` has more.
FAIR_METHODS = ("multiplicative", "additive", "power", "odds_ratio", "shin")

FAIR_SOURCES = ("sharp", "exchange", "pool", "median")
EDGE_KINDS = ("ev", "arbitrage", "middle", "low_hold")
VERDICTS = ("executable", "stale", "paper")
EDGE_STATUSES = ("open", "expired", "closed", "voided")
RESULTS = ("won", "half won", "push", "half lost", "lost")
