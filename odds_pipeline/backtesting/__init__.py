"""Backtests: strategies, the engine, and whether a result means anything. Pure.

No I/O, no clock, no Dagster: frames and arrays in, results out.
"""
