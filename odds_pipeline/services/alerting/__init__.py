"""Alerting: alerts are raised with what causes them, and sent by whoever has the turn.

Belongs here: the order of the steps. Does not belong here: what is worth an alert, how much goes
out at once and by what (``alerts``), the outbox's rows (``storage.outbox``).

With ALERT_ENABLED unset nothing is raised and nothing is sent.
"""
