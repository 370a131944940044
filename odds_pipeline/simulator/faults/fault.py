"""What a fault is, and what it can do with a call.

Belongs here: the types. Does not belong here: any fault (``families``), when one strikes
(``switch``).

To add a fault, add a function to a file of ``families``, or a file:

    @fault(charged=True)
    def prices_are_zero(call: Call) -> Served:
        '''Every price is 0.'''
        return edited(call.serve(), ...)

A call that the provider refuses anyway (no key, unknown sport) keeps its refusal: ``call.serve``
ends the fault there. Units: credits, bytes, seconds.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Protocol

from odds_pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Served:
    """A proper HTTP answer: it is compressed and sent as any other.

    Args:
        status: HTTP status.
        headers: names in lower case.
        body: as it was before compression.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def saying(self, body: bytes, media_type: str | None = None) -> "Served":
        """The same with another body."""
        changed = {"content-length": str(len(body))}
        if media_type is not None:
            changed["content-type"] = media_type
        return replace(self, headers={**self.headers, **changed}, body=body)

    def under(self, **headers: str | None) -> "Served":
        """The same with other headers; ``None`` takes one away, ``_`` stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **named}
        return replace(self, headers={k: v for k, v in merged.items() if v is not None})

    def uncounted(self) -> "Served":
        """The same without the provider's credit headers."""
        names = (f"x-requests-{what}" for what in ("remaining", "used", "last"))
        return self.under(**dict.fromkeys(names))

    def head(self, reason: str | None = None) -> bytes:
        """Status line and headers as bytes, for an answer that is written by hand."""
        phrase = HTTPStatus(self.status).phrase if reason is None else reason
        lines = [f"HTTP/1.1 {self.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1")


class End(Enum):
    """How a hand-written answer ends: the connection is closed, reset, or left without a word."""

    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes written by hand to the connection.

    Args:
        pieces: what is written.
        pause: seconds after every piece.
        end: what comes after the last one.
    """

    pieces: Iterable[bytes] = ()
    pause: float = 0.0
    end: End = End.CLOSE


class Call(Protocol):
    """The call that a fault spoils."""

    @property
    def now(self) -> datetime:
        """The provider's time."""

    @property
    def url(self) -> str:
        """The whole address as it was asked for, key and all."""

    @property
    def key(self) -> str:
        """The key."""

    def serve(self) -> Served:
        """The proper answer; from here on the call is charged.

        Raises:
            Exception: the provider refuses the call; not to be caught by a fault.
        """

    def refuse(self, status: int, body: object) -> Served:
        """An answer of the provider that costs nothing, with its headers."""

    def spend_elsewhere(self, credits: int | None = None) -> None:
        """Someone else uses the same key for so many credits, or for all that are left."""


Play = Callable[[Call], Served | Wire]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Args:
        name: unique, the name of its function.
        family: the file it is in.
        does: its docstring.
        charged: whether the provider counts the call, as it does once the answer was worked out.
        play: what is sent instead of the proper answer.
    """

    name: str
    family: str
    does: str
    charged: bool
    play: Play


def fault(*, charged: bool) -> Callable[[Play], Fault]:
    """Declare a function as a fault.

    Raises:
        UsageError: it has no docstring.
    """

    def declare(play: Play) -> Fault:
        does = " ".join(inspect.cleandoc(play.__doc__ or "").split())
        name = getattr(play, "__name__", "")
        if not does:
            raise UsageError(f"fault {name} has no docstring: say what it does")
        return Fault(name, play.__module__.rpartition(".")[2], does, charged, play)

    return declare
