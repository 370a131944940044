"""Named faults of the loopback provider: what goes wrong between a provider and its client.

Belongs here: faults (one file a family in ``families``), their registry, switching them on, and
playing what no proper server says. Does not belong here: proper answers (``endpoints``).
"""
