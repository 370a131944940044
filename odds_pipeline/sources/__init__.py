"""Talks to providers and reads files people own. Each source = client (I/O) + parse (pure)."""
