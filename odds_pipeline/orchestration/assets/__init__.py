"""The assets, one module a group; each is a thin caller of a service."""
