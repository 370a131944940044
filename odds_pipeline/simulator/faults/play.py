"""One call played with a fault.

Belongs here: the call as a fault sees it. Does not belong here: faults, sockets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.responses import Response

from odds_pipeline.simulator.faults.fault import Fault, Served
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.simulator.faults.wire import WireResponse


class Desk(Protocol):
    """What the provider does for a spoiled call."""

    def refusal(self, now: datetime, key: str, status: int, body: object) -> Response:
        """An answer that costs nothing."""

    def spend(self, key: str, credits: int | None, now: datetime) -> int:
        """Charge a key so many credits, or all that are left; returns how many."""


@dataclass(frozen=True, slots=True)
class SpoiledCall:
    """A call that a fault spoils; implements ``fault.Call``.

    Args:
        desk: of the provider.
        proper: gives the proper answer and charges it.
        faults: where credits spent elsewhere are noted.
        now: the provider's time.
        url: the whole address, key and all.
        key: the key.
    """

    desk: Desk
    proper: Callable[[], Response]
    faults: Faults
    now: datetime
    url: str
    key: str

    def serve(self) -> Served:
        """The proper answer, charged."""
        response = self.proper()
        served = _served(response)
        if served.status != 200:
            raise _Refused(response)
        return served

    def refuse(self, status: int, body: object) -> Served:
        """An answer that costs nothing."""
        return _served(self.desk.refusal(self.now, self.key, status, body))

    def spend_elsewhere(self, credits: int | None = None) -> None:
        """Someone else uses the same key."""
        self.faults.note_elsewhere(self.desk.spend(self.key, credits, self.now))


class _Refused(Exception):
    """The provider refuses the call anyway."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__()


def play(fault: Fault, call: SpoiledCall) -> Response:
    """What the fault makes of the call."""
    try:
        outcome = fault.play(call)
    except _Refused as refused:
        return refused.response
    if isinstance(outcome, Served):
        return Response(outcome.body, outcome.status, dict(outcome.headers))
    return WireResponse(outcome)


def _served(response: Response) -> Served:
    return Served(response.status_code, dict(response.headers), bytes(response.body))
