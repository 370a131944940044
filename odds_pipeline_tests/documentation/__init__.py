"""What README and docs tell a reader to type: it parses, and it works in the order it stands."""
