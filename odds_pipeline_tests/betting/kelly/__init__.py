"""Tests of odds_pipeline.betting.kelly."""
