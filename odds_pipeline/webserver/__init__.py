"""Dagster's UI behind a guard: who may call it, and the program that serves both.

Belongs here: the rules for a call (``policy``, pure), the optional login (``login``), the layer
around Dagster's application that applies both (``guard``), and the program (``__main__``). Does
not belong here: anything the UI shows (``orchestration``).

Dagster's own webserver has no login, answers any Host, and runs mutations from a plain GET: a web
page open in the same browser could launch runs. Nothing here reads GraphQL: a call is let through
or refused by where it comes from, so there is no parser to be fooled.
"""
