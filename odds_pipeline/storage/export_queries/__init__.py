"""What can be exported: one query each, by what it is about. ``registry`` has all by name."""
