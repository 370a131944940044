"""Tests of odds_pipeline.catalog."""
