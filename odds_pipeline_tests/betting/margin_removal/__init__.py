"""Tests of odds_pipeline.betting.margin_removal."""
