"""Tables of prices: the columns that `show-odds`, `best` and `compare` share.

Belongs here: reading one frame about one event and printing it. Does not belong here: which frame.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from odds_pipeline.cli import screen
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from odds_pipeline.storage.engine import Connection

BOOKMAKER = Column("bookmaker_key", "bookmaker")
MARKET = Column("market_key", "market")
OUTCOME = (
    Column("outcome_name", "outcome"),
    Column("description", "about"),
    Column("point", "point", right=True),
)
PRICE = (
    Column("american", "american", right=True),
    Column("price", "decimal", right=True),
    Column("missing_reason", "missing"),
)
_ONLY_WHERE_USED = frozenset({"description", "missing_reason"})
TIMES = (Column("capture_time", "captured"), Column("last_update", "last update"))


def read_rows(
    event_id: str,
    read: "Callable[[Connection], pd.DataFrame]",
    known_by: "datetime | None" = None,
) -> list[dict[str, object]]:
    """Rows of a reader about one event.

    Raises:
        NotFound: nothing was known of the event by then.
    """
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.readers import require_event

    with platform() as opened, transaction(opened.engine) as conn:
        frame = read(conn)
        if frame.empty:
            require_event(conn, event_id, known_by)
        return screen.records(frame)


def show_prices(
    rows: Sequence[dict[str, object]],
    columns: Sequence[Column],
    as_json: bool,
    tz: str,
    nothing: str,
) -> None:
    """Print rows of prices as JSON, as a table, or say that there are none."""
    zone = screen.zone_named(tz)
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say(nothing)
    else:
        shown = [row | {"american": _american(row.get("american_price"))} for row in rows]
        used = [column for column in columns if _is_used(column, shown)]
        screen.show_table(shown, used, zone)


def _american(price: object) -> str:
    return screen.american(price if isinstance(price, int) else None)


def _is_used(column: Column, rows: Sequence[dict[str, object]]) -> bool:
    return column.key not in _ONLY_WHERE_USED or any(row.get(column.key) for row in rows)
