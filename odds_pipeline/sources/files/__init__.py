"""Readers for documents people already own: response dumps and flattened series."""
