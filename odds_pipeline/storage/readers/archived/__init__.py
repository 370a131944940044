"""The as-of core over archived months: arrays out of Parquet, the rest from PostgreSQL.

Belongs here: the same answers that ``as_of`` and ``starts`` give in SQL, for events of which some
facts are archived; facts that still stand in tables count beside those in files. Does not belong
here: which readers there are.

Nothing is laid into the database, so a transaction marked read-only can ask. Tables are named with
their schema throughout: views over thawed rows (``archive.thaw``) may stand in their way.
"""
