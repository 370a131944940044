"""The Date header is wrong.

Belongs here: the provider's clock as it says it.
"""

from datetime import timedelta
from email.utils import format_datetime

from odds_pipeline.simulator.faults.fault import Call, Served, fault


def _off(call: Call, minutes: int) -> Served:
    stated = call.now + timedelta(minutes=minutes)
    return call.serve().under(date=format_datetime(stated, usegmt=True))


@fault(charged=True)
def date_ahead(call: Call) -> Served:
    """Date is 10 minutes ahead of the provider's clock."""
    return _off(call, 10)


@fault(charged=True)
def date_behind(call: Call) -> Served:
    """Date is 10 minutes behind the provider's clock."""
    return _off(call, -10)


@fault(charged=True)
def date_absent(call: Call) -> Served:
    """No Date header."""
    return call.serve().under(date=None)


@fault(charged=True)
def date_garbled(call: Call) -> Served:
    """A Date header in a year of twenty digits."""
    return call.serve().under(date="Fri, 09 Jan 99999999999999999999 18:00:30 GMT")
