"""What selections are called, remembered from one question to the next.

Belongs here: names by number, with the connection that read them. Does not belong here: which
selections are asked for.

Numbers are only ever added and never given twice, so what was read once holds as long as the
schema does.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pandas.api.extensions import ExtensionArray

    Numbers = npt.NDArray[np.int64]

Connection = psycopg.Connection[Any]

# Some 50 MB. Beyond it everything is forgotten and looked up anew.
LARGEST = 250_000

_NAMES = """
SELECT sel.selection_id, b.bookmaker_key, mk.market_key, o.name, d.name, sel.line
FROM selections sel
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
WHERE sel.selection_id = ANY(%s)
"""


class Name(NamedTuple):
    """What one selection is called."""

    selection_id: int
    bookmaker: str
    market: str
    outcome: str
    description: str | None
    line: float | None

    def order(self) -> tuple[object, ...]:
        """By bookmaker, market, outcome, description and line, what has none last."""
        return (
            *(self.bookmaker, self.market, self.outcome),
            *(self.description is None, self.description or ""),
            *(self.line is None, self.line or 0.0, self.selection_id),
        )


class Texts(NamedTuple):
    """The parts of the names as columns that a frame takes from."""

    bookmaker: "ExtensionArray"
    market: "ExtensionArray"
    outcome: "ExtensionArray"
    description: "ExtensionArray"


class Names:
    """Names that were looked up, each at its place."""

    def __init__(self, schema: str) -> None:
        import numpy as np

        self.schema = schema
        self.all: list[Name] = []
        self._orders: list[tuple[object, ...]] = []
        self._places = np.full(0, -1, dtype="int64")  # by selection number

    def places(self, conn: Connection, selections: "Numbers") -> "Numbers":
        """The place of each selection's name, looked up first where it is not known."""
        import numpy as np

        if not len(selections):
            return selections
        beyond = int(selections.max()) + 1 - len(self._places)
        if beyond > 0:
            self._places = np.append(self._places, np.full(beyond, -1, dtype="int64"))
        found = self._places[selections]
        if found.min() < 0:
            self._look_up(conn, np.unique(selections[found < 0]).tolist())
            found = self._places[selections]
        return found

    def _look_up(self, conn: Connection, selections: Sequence[int]) -> None:
        for row in conn.execute(_NAMES, (selections,)).fetchall():
            self._places[row[0]] = len(self.all)
            name = Name(*row)
            self.all.append(name)
            self._orders.append(name.order())
        self.__dict__.pop("texts", None)
        self.__dict__.pop("outcomes", None)

    @cached_property
    def texts(self) -> Texts:
        """The names known so far, by place."""
        import pandas as pd

        parts = ("bookmaker", "market", "outcome", "description")
        return Texts(
            *(pd.array([getattr(name, part) for name in self.all], dtype="str") for part in parts)
        )

    @cached_property
    def outcomes(self) -> "Numbers":
        """By place a number for market, outcome and description: equal ones have one number."""
        import numpy as np

        numbers: dict[tuple[object, ...], int] = {}
        keys = [(name.market, name.outcome, name.description) for name in self.all]
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype="int64")

    def ranks(self, places: "Numbers") -> "Numbers":
        """For each place where it stands in the names' order among all these."""
        import numpy as np

        present = np.unique(places)
        order = sorted(present.tolist(), key=self._orders.__getitem__)
        ranks = np.empty(len(self.all), dtype="int64")
        ranks[order] = np.arange(len(order))
        return ranks[places]


_remembered: WeakKeyDictionary[Connection, Names] = WeakKeyDictionary()


def remembered(conn: Connection, schema: str) -> Names:
    """The names that this connection has looked up in this schema."""
    names = _remembered.get(conn)
    if names is None or names.schema != schema or len(names.all) > LARGEST:
        names = _remembered[conn] = Names(schema)
    return names
