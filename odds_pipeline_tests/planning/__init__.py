"""Tests of odds_pipeline.planning."""
