"""Tests of what the platform does, on real parts."""
