"""Tests of odds_pipeline.quality."""
