"""What exists: sports, bookmakers, markets, fields, and the words an observation is told in.

Pure data and value types. No I/O, no clock, no Dagster, no SQL.
"""
