"""The Odds API v4: transport, client, and the pure parser of its documents."""
