"""Whole months moved from PostgreSQL into Parquet files that answer the same questions.

Belongs here: the list of archives (``manifest``), the shape of their rows (``facts``, ``bodies``),
writing and verifying files (``write``, ``verify``), the moment at which a file takes a partition's
place (``switch``), and laying archived rows under a reader (``thaw``). Does not belong here: which
months are old enough (``services.archive``).

Months are UTC months: of the capture time for quotes and snapshots, of the known time for bodies.
"""
