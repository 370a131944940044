"""Frozen datasets: chosen, written, locked, proven, and made again.

Belongs here: the steps, one file each. Does not belong here: the files (``storage.dataset_files``),
the list (``storage.datasets``), running backtests on them (``backtests``).
"""
