"""Rows of recorded archives, read by our own layouts, as the frames that rules judge."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from odds_pipeline.catalog.observations import CaptureBasis, Document, RawDocument
from odds_pipeline.quality.inputs import Needs, typed
from odds_pipeline.quality.markets import complete_markets
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.quality.recorded import Frames

READ = datetime(2026, 8, 1, tzinfo=UTC)


def rows_of(file: Path, keep: Callable[[str], bool]) -> bytes:
    """The header and the rows that are kept, byte for byte."""
    header, *rows = gzip.decompress(file.read_bytes()).decode("utf-8-sig").splitlines()
    chosen = [row for row in rows if keep(row)]
    assert chosen, "the file has no such row"
    return "\n".join([header, *chosen]).encode()


def read(body: bytes, layout: str, **request: str) -> Document:
    """What a file of that layout says."""
    told = {"layout": layout} | request
    raw = RawDocument("file", "archive", told, body, READ, CaptureBasis.FILE, READ)
    return parse_document(raw)


def frames(document: Document, layout: str) -> Frames:
    """The frames that a document's prices, scores and rejections make."""
    quotes = pd.DataFrame(
        [
            {
                "event_id": event.event.event_id,
                "sport_key": event.event.sport_key,
                "snapshot_time": capture.capture_time,
                "commence_time": event.event.commence_time,
                "home_team": event.event.home_team,
                "away_team": event.event.away_team,
                "bookmaker_key": board.bookmaker,
                "market_key": board.market,
                "outcome_name": quote.outcome,
                "description": quote.description,
                "point": quote.point,
                "decimal_price": quote.price,
            }
            for capture in document.odds
            for event in capture.events
            for board in event.boards
            for quote in board.quotes
        ]
    )
    quotes = typed(
        quotes.assign(
            source=layout,
            until_time=quotes["snapshot_time"],
            known_time=READ,
            in_play=False,
            american_price=pd.array([pd.NA] * len(quotes), dtype="Int64"),
        ),
        Needs.QUOTES,
    )
    return {
        Needs.QUOTES: quotes,
        Needs.MARKETS: complete_markets(quotes),
        Needs.SCORES: _scores(document),
        Needs.QUARANTINE: quarantine_of(document),
    }


def _scores(document: Document) -> pd.DataFrame:
    rows = [
        {
            "event_id": one.event.event_id,
            "sport_key": one.event.sport_key,
            "snapshot_time": capture.capture_time,
            "commence_time": one.event.commence_time,
            "home_score": one.home_score,
            "away_score": one.away_score,
            "previous_home_score": None,
            "previous_away_score": None,
        }
        for capture in document.statements
        for one in capture.statements
    ]
    return typed(pd.DataFrame(rows), Needs.SCORES) if rows else pd.DataFrame()


def quarantine_of(document: Document) -> pd.DataFrame:
    """What a document's rejections stand as in quarantine."""
    rows = [
        {
            "id": number,
            "raw_id": 1,
            "capture_time": one.capture_time,
            "event_id": one.event_id,
            "bookmaker_key": one.bookmaker,
            "market_key": one.market,
            "location": one.where,
            "reason": one.reason,
            "evidence": one.evidence,
        }
        for number, one in enumerate(document.rejections, 1)
    ]
    return typed(pd.DataFrame(rows), Needs.QUARANTINE) if rows else pd.DataFrame()
