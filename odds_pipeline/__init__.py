"""odds_pipeline: collects sportsbook odds, keeps every observation, proves what was known when."""
