"""Alerts: what is worth telling, how much of it at once, and the channels it goes by.

Belongs here: pure rules (``rules``), pure delivery policy, safe text, channels. Does not belong
here: the outbox (``storage.outbox``), the order of the steps (``services.alerting``).

    rules: facts -> alerts | outbox, in the transaction of what raised them | policy: what goes out
    now, one by one or in one summary | channels
"""
