"""Backups: a folder from which everything that was ever stored can be had again, and the proof.

    <name>/manifest.json    what it holds: rows and a hash of each table, digest of each file
    <name>/odds.dump        our database, as of one moment
    <name>/dagster.dump     Dagster's: runs, schedules, what was materialised when
    <name>/archive/…        the archived months that the database names at that moment
    <name>/datasets/…       frozen datasets
    <name>/spool/…          paid answers that were not in the database yet
    <name>/verified.json    when it was last proven, and how

Belongs here: taking one (``take``), getting it back and proving it (``restore``), the folder they
stand in (``shelf``), what they say of themselves (``manifest``). Does not belong here: dumps and
hashes (``storage``), when one is taken (``orchestration``).
"""
