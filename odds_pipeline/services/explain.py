"""Where a value came from, down to the raw bytes: a quote, a close, an edge, a bet, a document.

Belongs here: following a value to its sources and checking the bytes. Does not belong here: the
queries (``storage.lineage``), drawing (``cli``).

The chain of a quote: price | snapshot that shows it | row that holds it since it changed | capture
| document (sha256, checked against the stored bytes) | call | slot | ledger. The document's own
words stand beside it, so that the price can be compared with what the provider said.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from odds_pipeline.errors import NotFound
from odds_pipeline.services.raw_event import event_in
from odds_pipeline.storage import closing_prices, experiments, lineage, raw, readers
from odds_pipeline.storage.archive.thaw import thaw
from odds_pipeline.storage.engine import Connection
from odds_pipeline.storage.lineage import Selection

Lineage = dict[str, Any]


def explain_quote(
    conn: Connection, selection: Selection, at: datetime | None, known_by: datetime | None
) -> Lineage:
    """The lineage of what was on offer at a moment, as far as it was known by another.

    Raises:
        NotFound: no such price was on offer then.
    """
    frame = readers.odds_at(conn, selection.event, at, known_by)
    wanted = (
        (frame["bookmaker_key"] == selection.bookmaker)
        & (frame["market_key"] == selection.market)
        & (frame["outcome_name"] == selection.outcome)
    )
    if selection.point is not None:
        wanted &= frame["point"] == selection.point
    if selection.description is not None:
        wanted &= frame["description"] == selection.description
    rows = frame[wanted & frame["price"].notna()]
    if rows.empty:
        raise NotFound(
            f"{selection.bookmaker} had no price on {selection.outcome} in {selection.market} of "
            f"event {selection.event} on offer then"
        )
    capture = rows["capture_time"].iloc[0].to_pydatetime()
    return {"thing": "quote", "asked": {"at": at, "known_by": known_by}} | _at_capture(
        conn, selection, capture, known_by
    )


def explain_close(conn: Connection, selection: Selection, phase: str) -> Lineage:
    """The lineage of a stored opening or closing price.

    Raises:
        NotFound: it was not worked out, or there is none and the reason why.
    """
    frame = closing_prices.closing_prices(conn, events=[selection.event], phase=phase)
    rows = frame[
        (frame["bookmaker_key"] == selection.bookmaker)
        & (frame["market_key"] == selection.market)
        & (frame["outcome_name"].isna() | (frame["outcome_name"] == selection.outcome))
    ]
    if selection.point is not None:
        rows = rows[rows["point"].isna() | (rows["point"] == selection.point)]
    if rows.empty:
        raise NotFound(
            f"no {phase} price of {selection.outcome} is worked out yet: materialise closing_lines"
        )
    close = {str(name): _plain(value) for name, value in rows.iloc[0].items()}
    if close["price"] is None:
        raise NotFound(f"there is no {phase} price: {close['missing_reason']}")
    capture = close["capture_time"]
    return {"thing": "close", "close": close} | _at_capture(conn, selection, capture, None)


def explain_edge(conn: Connection, opportunity_id: str) -> Lineage:
    """The lineage of an edge as it was last seen: its fair prices, and each leg's quote.

    Raises:
        NotFound: there is no such edge.
    """
    edge = lineage.edge(conn, opportunity_id)
    captured: datetime = edge["last_seen"]
    legs = [
        _at_capture(
            conn,
            Selection(
                edge["event_id"],
                leg["bookmaker_key"],
                edge["market_key"],
                leg["outcome_name"],
                leg["point"],
                edge["description"],
            ),
            captured,
            None,
        )
        for leg in edge["legs"]
    ]
    fair = lineage.fair(conn, edge["event_id"], edge["market_key"], edge["description"], captured)
    return {"thing": "edge", "edge": edge, "fair_prices": fair, "legs": legs}


def explain_bet(
    conn: Connection, experiment: int, selection: Selection, decided_at: datetime
) -> Lineage:
    """The lineage of a backtest's bet: the experiment, and the quote as it stood at the decision.

    Args:
        conn: our database.
        experiment: number of the backtest.
        selection: what was bet on.
        decided_at: when.

    Raises:
        NotFound: there is no such experiment, or nothing was on offer then.
    """
    found = experiments.find(conn, experiment)
    stated = found.config.get("known_by")
    known_by = found.started_at if stated is None else datetime.fromisoformat(str(stated))
    kept = ("id", "name", "strategy", "dataset_hash", "code_version", "seed", "started_at")
    told = {name: value for name, value in asdict(found).items() if name in kept}
    quote = explain_quote(conn, selection, decided_at, known_by)
    return quote | {"thing": "bet", "experiment": told}


def explain_raw(conn: Connection, raw_id: int) -> Lineage:
    """A document, the call that brought it and what that cost.

    Raises:
        NotFound: there is none of that number.
        StorageError: its bytes are not those that were stored.
    """
    return {"thing": "raw", **_document(conn, raw_id)}


def _at_capture(
    conn: Connection, selection: Selection, capture: datetime, known_by: datetime | None
) -> Lineage:
    thaw(conn, selection.event, at=capture)
    price = lineage.shown(conn, selection, capture, known_by)
    if price is None:
        raise NotFound(
            f"no snapshot of event {selection.event} at {capture:%Y-%m-%d %H:%M:%S} UTC shows it"
        )
    raw_id, basis = lineage.raw_of_capture(conn, price.capture_id)
    told = asdict(price)
    return {
        "selection": asdict(selection),
        "price": told.pop("price"),
        "point": told.pop("point"),
        "snapshot": told | {"capture_basis": basis},
        **_document(conn, raw_id),
        "said": _said(conn, raw_id, selection),
    }


def _document(conn: Connection, raw_id: int) -> Lineage:
    document = lineage.document(conn, raw_id)
    raw.read(conn, raw_id)  # raises unless the bytes have that digest
    call_id = document["call_id"]
    call = lineage.call(conn, call_id)
    return {
        "raw": document | {"call_id": str(call_id), "sha256_verified": True},
        "call": call,
        "slot": None if call is None else lineage.slot(conn, call["slot_id"]),
        "ledger": lineage.ledger(conn, call_id),
    }


def _said(conn: Connection, raw_id: int, selection: Selection) -> object:
    """The outcome in the document's own words; ``None`` where it has another layout."""
    event = event_in(raw.read(conn, raw_id), selection.event)
    if not isinstance(event, dict):
        return event
    for book in event.get("bookmakers") or ():
        if book.get("key") != selection.bookmaker:
            continue
        for market in book.get("markets") or ():
            if market.get("key") != selection.market:
                continue
            for outcome in market.get("outcomes") or ():
                if _is_it(outcome, selection):
                    return {"last_update": market.get("last_update"), **outcome}
    return None


def _is_it(outcome: dict[str, Any], selection: Selection) -> bool:
    return (
        outcome.get("name") == selection.outcome
        and (selection.point is None or outcome.get("point") == selection.point)
        and (selection.description is None or outcome.get("description") == selection.description)
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a frame
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
