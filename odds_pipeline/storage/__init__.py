"""Talks to PostgreSQL: engine, tables, writers and point-in-time readers. SQL lives here only."""
