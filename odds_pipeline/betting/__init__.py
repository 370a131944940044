"""Betting mathematics: pure functions on numbers and arrays. No I/O, no clock, no Dagster."""
