"""Quality rules and table schemas: pure functions frame -> issues, and their registry."""
