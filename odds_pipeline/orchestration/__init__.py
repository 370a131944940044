"""Dagster definitions, one module per concept; thin, no logic of its own."""
