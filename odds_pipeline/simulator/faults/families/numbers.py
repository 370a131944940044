"""Numbers that JSON decoders read differently, or not at all.

Belongs here: prices. Each fault changes the first price of every event and leaves the others.
"""

from odds_pipeline.simulator.faults.documents import Json, edited, outcomes_in
from odds_pipeline.simulator.faults.fault import Call, Served, fault

_MARK = "\x00price"


def _first_prices(call: Call, literal: str) -> Served:
    def edit(events: list[Json]) -> None:
        for event in events:
            for outcome in list(outcomes_in([event]))[:1]:
                outcome["price"] = _MARK

    return edited(call.serve(), edit, {_MARK: literal})


@fault(charged=True)
def not_a_number(call: Call) -> Served:
    """A price is NaN, which is no JSON and which many decoders read."""
    return _first_prices(call, "NaN")


@fault(charged=True)
def infinite_price(call: Call) -> Served:
    """A price is -Infinity."""
    return _first_prices(call, "-Infinity")


@fault(charged=True)
def overflowing_price(call: Call) -> Served:
    """A price is 1e999: proper JSON, and infinite once read."""
    return _first_prices(call, "1e999")


@fault(charged=True)
def huge_integer(call: Call) -> Served:
    """A price is an integer of 5,000 digits."""
    return _first_prices(call, "1" + "0" * 4_999)


@fault(charged=True)
def price_beyond_32_bits(call: Call) -> Served:
    """A price is 2147483648, one more than a 32-bit integer holds."""
    return _first_prices(call, "2147483648")


@fault(charged=True)
def price_zero(call: Call) -> Served:
    """A price is 0."""
    return _first_prices(call, "0")
