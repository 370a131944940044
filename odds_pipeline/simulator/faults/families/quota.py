"""The credit headers are missing, wrong or a surprise.

Belongs here: `x-requests-*`, and a second user of the key.
"""

from odds_pipeline.simulator.faults.fault import Call, Served, fault

_JUMP = 500  # credits


@fault(charged=True)
def quota_absent(call: Call) -> Served:
    """No credit headers."""
    return call.serve().uncounted()


@fault(charged=True)
def quota_garbled(call: Call) -> Served:
    """Credit headers that are no numbers."""
    return call.serve().under(
        x_requests_remaining="many", x_requests_used="", x_requests_last="1 credit"
    )


@fault(charged=True)
def quota_not_finite(call: Call) -> Served:
    """Credit headers that are NaN and infinite."""
    return call.serve().under(
        x_requests_remaining="Infinity", x_requests_used="nan", x_requests_last="-inf"
    )


@fault(charged=True)
def quota_float(call: Call) -> Served:
    """Credit headers with a decimal point."""
    served = call.serve()
    names = ("x-requests-remaining", "x-requests-used", "x-requests-last")
    return served.under(**{name: f"{float(served.headers[name]):.1f}" for name in names})


@fault(charged=True)
def quota_negative(call: Call) -> Served:
    """The provider says that 772 credits more are used than there were."""
    return call.serve().under(x_requests_remaining="-772")


@fault(charged=True)
def quota_jump(call: Call) -> Served:
    """Someone else has used the key for 500 credits since the last call."""
    call.spend_elsewhere(_JUMP)
    return call.serve()


@fault(charged=False)
def quota_exhausted(call: Call) -> Served:
    """Someone else has used the key for all that was left: 401 from here on, but for free calls."""
    call.spend_elsewhere()
    return call.serve()
