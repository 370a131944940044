"""Numbers, tables and pictures of the group `market`.

Belongs here: what the services found, as Dagster metadata. Does not belong here: finding it
(``services.market``), drawing (``services.pictures``). Units stand in the keys.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from odds_pipeline.orchestration import markdown
from odds_pipeline.orchestration.descriptions import table_metadata
from odds_pipeline.orchestration.figures import WORST, Metadata
from odds_pipeline.orchestration.table_schema import of_pandera
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import edges as stored_edges
from odds_pipeline.storage import fair_prices as stored_prices
from odds_pipeline.storage.edges import Wanted
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

    from odds_pipeline.services.market.day import DayPriced
    from odds_pipeline.services.market.lines import DayClosed
    from odds_pipeline.services.market.movements import DayMoved
    from odds_pipeline.services.market.scorecards import DayScored


def _as_validated(table: str) -> dict[str, Any]:
    """Name and columns of a table, by the schema that its rows are held against."""
    from odds_pipeline.quality.schemas import schema

    return table_metadata(table) | {"dagster/column_schema": of_pandera(schema(table))}


def image(alt: str, png: bytes) -> dg.MarkdownMetadataValue:
    """A picture that the UI shows."""
    data = b64encode(png).decode()
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{data})")


def fair_odds(platform: Platform, day: date, done: "DayPriced") -> Metadata:
    """What was priced now, and what stands of the day, by source."""
    with transaction(platform.engine) as conn:
        sources = stored_prices.day_sources(conn, day)
    rows = [
        (
            row["source"],
            row["method"],
            row["rows"],
            row["events"],
            f"{row['bookmakers']:.1f}",
            row["chosen"],
        )
        for row in sources.to_dict("records")
    ]
    header = ["source", "margin removal", "outcomes", "events", "books (mean)", "is the fair price"]
    return {
        "captures priced": done.moments,
        "quotes read": done.quotes,
        "fair prices": int(sources["rows"].sum()),
        "fair prices new": done.fair_prices,
        "outcomes with a fair price": int(sources["chosen"].sum()),
        "stale books left out": int(sources["stale"].sum()),
        "used flagged quotes": int(sources["flagged"].sum()),
        "dagster/partition_row_count": int(sources["rows"].sum()),
        "preview": dg.MetadataValue.md(markdown.table(header, rows)),
    } | _as_validated("fair_prices")


def edges(platform: Platform, day: date) -> Metadata:
    """What was seen on the day by kind and verdict, and the best of it."""
    with transaction(platform.engine) as conn:
        kinds = stored_edges.day_kinds(conn, day)
        best = stored_edges.edges(conn, Wanted(day=day), platform.now(), limit=WORST)
        lives = stored_edges.lives(conn, day)
    counts = {
        f"{kind} edges": int(kinds.loc[kinds["kind"] == kind, "edges"].sum())
        for kind in ("ev", "arbitrage", "middle", "low_hold")
    }
    executable = kinds[kinds["verdict"] == "executable"]
    return {
        **counts,
        "sights": int(kinds["sights"].sum()),
        "executable edges": int(executable["edges"].sum()),
        "greatest executable edge (%)": _number(executable["greatest"].max()),
        "closed": len(lives),
        "median life (min)": _number(lives["life_seconds"].median() / 60),
        "by kind": dg.MetadataValue.md(_kinds(kinds)),
        "preview": dg.MetadataValue.md(_edges(best)),
    } | _as_validated("edges")


def _kinds(kinds: "pd.DataFrame") -> str:
    rows = [
        (
            row["kind"],
            row["verdict"],
            row["edges"],
            row["sights"],
            f"{row['mean']:.2f}",
            f"{row['greatest']:.2f}",
        )
        for row in kinds.to_dict("records")
    ]
    return markdown.table(["kind", "verdict", "edges", "sights", "mean %", "greatest %"], rows)


def _edges(best: "pd.DataFrame") -> str:
    rows = [
        (
            row["kind"],
            row["verdict"],
            row["market_key"],
            _or_blank(row["outcome_name"]),
            _or_blank(row["point"]),
            ", ".join(leg["bookmaker_key"] for leg in row["legs"]),
            f"{row['edge_percentage']:.2f}",
            row["status"],
        )
        for row in best.to_dict("records")
    ]
    header = ["kind", "verdict", "market", "outcome", "point", "book", "edge %", "status"]
    return markdown.table(header, rows)


def closing_lines(done: "DayClosed") -> Metadata:
    """How many closing prices there are, how near the start, and why others are missing."""
    missing = sum(done.missing.values())
    reasons = [(reason, count) for reason, count in sorted(done.missing.items())]
    return {
        "events": done.events,
        "closing prices": done.prices,
        "missing": missing,
        "coverage (%)": 100 * done.prices / max(done.prices + missing, 1),
        "settled": done.settled,
        "median gap to the start (s)": _number(done.median_gap_seconds),
        "why missing": dg.MetadataValue.md(markdown.table(["reason", "closing prices"], reasons)),
    } | _as_validated("closing_prices")


def line_movements(platform: Platform, done: "DayMoved") -> Metadata:
    """How much markets moved, and a picture of the one that moved most."""
    from odds_pipeline.services.market.movement_picture import movement_picture

    shown: Metadata = {}
    if done.most_moved is not None:
        event, market = done.most_moved
        drawn = movement_picture(platform, event, market)
        shown = {"most moved": image(f"{market} of {event}", drawn)}
    return {
        "events": done.events,
        "series": done.series,
        "moved": done.moved,
        "moves": done.moves,
        "mean absolute net move (probability)": _number(done.mean_net_move),
        **shown,
    } | _as_validated("line_movements")


def scorecards(done: "DayScored", day: date) -> Metadata:
    """The day's scorecards, and a picture of what each book takes."""
    from odds_pipeline.services import pictures

    margins: Mapping[str, float] = done.margins
    drawn = pictures.overround_by_book(margins, f"What each book takes, {day}")
    rows = [
        (
            book.bookmaker_key,
            f"{100 * book.mean_overround:.2f}",
            f"{100 * book.best_share:.0f}",
            f"{100 * book.uptime:.0f}",
            f"{book.median_age_seconds:.0f}",
            book.moves,
            "" if book.steam_moves is None else f"{book.first_moves} of {book.steam_moves}",
        )
        for book in done.books
    ]
    header = ["book", "overround %", "best price %", "uptime %", "age (s)", "moves"]
    header.append("first in moves of several")
    return {
        "bookmakers": len(done.books),
        "markets judged": done.boards,
        "mean overround (%)": _percentage(done.mean_overround),
        "scorecards": dg.MetadataValue.md(markdown.table(header, rows)),
        **({"overround by book": image("overround by book", drawn)} if margins else {}),
    } | _as_validated("bookmaker_scorecards")


def edge_statistics(platform: Platform) -> Metadata:
    """What past edges were worth, and a picture of how long they lived."""
    from odds_pipeline.services import pictures
    from odds_pipeline.services.market.edge_statistics import judge_edges

    found = judge_edges(platform)
    with transaction(platform.engine) as conn:
        lives = stored_edges.lives(conn)
    by_kind = {
        str(kind): seconds.tolist() for kind, seconds in lives.groupby("kind")["life_seconds"]
    }
    drawn = pictures.lifetimes(by_kind, "How long edges lived")
    whole = found[found["dimension"] == "all"]
    rows = [
        (
            row["kind"],
            row["edges"],
            f"{row['mean_edge_percentage']:.2f}",
            f"{(row['median_life_seconds'] or 0) / 60:.0f}",
            row["settled"],
            _percent(row["realised_yield"]),
            _percent(row["mean_clv"]),
        )
        for row in whole.to_dict("records")
    ]
    header = ["kind", "edges", "mean edge %", "life (min)", "settled", "yield %", "CLV %"]
    return {
        "edges": int(whole["edges"].sum()),
        "settled": int(whole["settled"].sum()),
        "rows": len(found),
        "by kind": dg.MetadataValue.md(markdown.table(header, rows)),
        **({"lifetimes": image("lifetimes of edges", drawn)} if by_kind else {}),
    } | _as_validated("edge_statistics")


def calibration(platform: Platform) -> Metadata:
    """How each margin removal did, and the reliability of the biggest group."""
    from odds_pipeline.services import pictures
    from odds_pipeline.services.market.calibration import calibrate, curves

    found = calibrate(platform)
    if found.empty:
        return {"markets": 0} | _as_validated("calibrations")
    group, drawn_curves = curves(found)
    drawn = pictures.reliability(drawn_curves, f"Reliability: {group}")
    rows = [
        (
            row["sport_key"],
            row["market_key"],
            row["phase"],
            row["value"],
            row["method"],
            row["markets"],
            f"{row['log_loss']:.6f}",
            f"{row['brier']:.6f}",
            f"{1e4 * row['difference']:+.2f}",
            "" if row["t_value"] != row["t_value"] else f"{row['t_value']:+.2f}",
        )
        for row in found.sort_values("markets", ascending=False).head(3 * WORST).to_dict("records")
    ]
    header = ["sport", "market", "phase", "group", "margin removal", "markets", "log loss", "Brier"]
    return {
        "groups": len(found),
        "markets": int(found["markets"].max()),
        "reliability": image("reliability", drawn),
        "table": dg.MetadataValue.md(
            markdown.table([*header, "vs multiplicative (1e-4)", "t"], rows)
        ),
    } | _as_validated("calibrations")


def _number(value: Any) -> float | None:  # noqa: ANN401 - whatever pandas gives for nothing
    return None if value is None or value != value else float(value)


def _percentage(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _or_blank(value: object) -> object:
    return "" if value is None or value != value else value


def _percent(value: Any) -> str:  # noqa: ANN401 - likewise
    return "" if value is None or value != value else f"{100 * value:+.2f}"
