"""Tests of odds_pipeline.betting.movement."""
