"""One file a family of faults; a new fault is a new function, found by the registry."""
