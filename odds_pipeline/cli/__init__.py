"""The odds command: thin callers of services, one command group a file."""
