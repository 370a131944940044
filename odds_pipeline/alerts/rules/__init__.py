"""The rules, one file each: pure functions from facts to alerts; no clock, no I/O.

A rule names the object and the occasion of what it raises, so that the same thing raises the same
alert however often it is looked at.
"""
