"""An event's two sides out of one text, such as `Boston Celtics @ New York Knicks`.

Belongs here: what stands between the sides, and which of them is at home. Does not belong here:
whose names they are (``teams``).

`A @ B` and `A at B` name the visitor first, as American listings do; `A vs B`, `A v B` and
`A - B` name the home side first, as everybody else does. What stands between has a blank on
either side: a hyphen inside a name separates nothing.
"""

import re
from typing import NamedTuple

_VISITOR_FIRST = re.compile(r"\s+(?:@|at)\s+", re.IGNORECASE)
_HOME_FIRST = re.compile(r"\s+(?:vs?\.?|-|–)\s+", re.IGNORECASE)  # noqa: RUF001


class Sides(NamedTuple):
    """The two sides of an event."""

    home: str
    away: str


def sides_of(text: str) -> Sides | None:
    """The sides that a text names; ``None`` where it does not name two in one known way.

    Args:
        text: for example `A @ B`, `A at B`, `A vs B`, `A v B` or `A - B`.
    """
    visitor_first, home_first = _VISITOR_FIRST.split(text), _HOME_FIRST.split(text)
    parts = visitor_first if len(visitor_first) > 1 else home_first
    # Two of the marks in one text: nobody can say which of them separates the sides.
    if len(visitor_first) + len(home_first) != 3:
        return None
    first, second = (part.strip() for part in parts)
    if not first or not second:
        return None
    return Sides(second, first) if parts is visitor_first else Sides(first, second)
