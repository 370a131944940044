"""Tests of odds_pipeline.orchestration."""
