"""Tests of odds_pipeline.betting.lines."""
