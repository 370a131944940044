"""Clean input frames of our own making, for the rules to find nothing in."""

from datetime import UTC, datetime, timedelta

import pandas as pd

from odds_pipeline.quality.inputs import COLUMNS, Needs, typed
from odds_pipeline_tests.quality import recorded

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
ODD_TYPES = {"last_update": "datetime64[us, UTC]"}
QUOTE_TYPES = dict(COLUMNS[Needs.QUOTES]) | ODD_TYPES
BOARDS = (
    ("h2h", (("Boston", None, None, 1.5), ("Miami", None, None, 2.7))),
    ("spreads", (("Boston", None, -5.5, 1.91), ("Miami", None, 5.5, 1.91))),
    ("totals", (("Over", None, 221.5, 1.91), ("Under", None, 221.5, 1.91))),
    (
        "alternate_spreads",
        (
            ("Boston", None, -3.5, 1.6),
            ("Miami", None, 3.5, 2.3),
            ("Boston", None, 3.5, 1.2),
            ("Miami", None, -3.5, 4.5),
        ),
    ),
    ("player_points", (("Over", "A. Guard", 20.5, 1.87), ("Under", "A. Guard", 20.5, 1.87))),
    (
        "h2h_3_way",
        (("Boston", None, None, 1.6), ("Draw", None, None, 13.0), ("Miami", None, None, 2.9)),
    ),
    ("player_rebounds", (("Over", "A. Guard", 6.5, 1.87), ("Under", "A. Guard", 6.5, 1.87))),
    ("player_rebounds", (("Over", "B. Wing", 6.5, 1.87), ("Under", "B. Wing", 6.5, 1.87))),
    ("h2h_lay", (("Boston", None, None, 1.6), ("Miami", None, None, 3.0))),
)
SOCCER = (
    ("h2h", (("Ajax", None, None, 2.1), ("Brest", None, None, 3.6), ("Draw", None, None, 3.5))),
)


def clean_quotes() -> pd.DataFrame:
    """Three books, two events (one soccer), two snapshots: complete, mirrored, plausible."""
    rows = []
    for event, sport, home, away, boards in (
        ("e1", "basketball_nba", "Boston", "Miami", BOARDS),
        ("e2", "soccer_epl", "Ajax", "Brest", SOCCER),
    ):
        for snapshot in (NOON, NOON + timedelta(minutes=30)):
            for book in ("draftkings", "pinnacle", "betfair_ex_eu"):
                for market, outcomes in boards:
                    for name, who, point, price in outcomes:
                        rows.append(
                            {
                                "event_id": event,
                                "sport_key": sport,
                                "source": "odds",
                                "snapshot_time": snapshot,
                                "until_time": snapshot,
                                "known_time": snapshot + timedelta(seconds=1),
                                "commence_time": NOON + timedelta(hours=6),
                                "in_play": False,
                                "home_team": home,
                                "away_team": away,
                                "bookmaker_key": book,
                                "market_key": market,
                                "outcome_name": name,
                                "description": who,
                                "point": point,
                                "decimal_price": price,
                                "american_price": american(price),
                                "last_update": snapshot - timedelta(seconds=40),
                            }
                        )
    return pd.DataFrame(rows, columns=list(QUOTE_TYPES)).astype(QUOTE_TYPES)


def american(price: float) -> int:
    """The price as an American integer."""
    return round((price - 1) * 100) if price >= 2 else round(-100 / (price - 1))


def at(
    quotes: pd.DataFrame, market: str, outcome: str, book: str = "draftkings", event: str = "e1"
) -> pd.Series:
    """Mask of one outcome of one book in the first snapshot."""
    return (
        (quotes["event_id"] == event)
        & (quotes["snapshot_time"] == NOON)
        & (quotes["bookmaker_key"] == book)
        & (quotes["market_key"] == market)
        & (quotes["outcome_name"] == outcome)
    )


def quarantine(*reasons: str) -> pd.DataFrame:
    """What waits for review, one row a reason."""
    return pd.DataFrame(
        {
            "id": range(1, len(reasons) + 1),
            "raw_id": [7] * len(reasons),
            "capture_time": pd.Series([NOON] * len(reasons), dtype="datetime64[us, UTC]"),
            "event_id": pd.Series(["e1"] * len(reasons), dtype="str"),
            "bookmaker_key": pd.Series(["draftkings"] * len(reasons), dtype="str"),
            "market_key": pd.Series(["h2h"] * len(reasons), dtype="str"),
            "location": pd.Series(
                [f"[0].bookmakers[{i}]" for i in range(len(reasons))], dtype="str"
            ),
            "reason": pd.Series(list(reasons), dtype="str"),
            "evidence": pd.Series(["{}"] * len(reasons), dtype="str"),
        }
    )


def shares(quarantined: int = 3, parts: int = 60) -> pd.DataFrame:
    """One document with so many of its parts in quarantine."""
    return pd.DataFrame(
        {
            "raw_id": [7],
            "capture_time": pd.Series([NOON], dtype="datetime64[us, UTC]"),
            "endpoint": pd.Series(["odds"], dtype="str"),
            "parts": pd.Series([parts], dtype="Int64"),
            "quarantined": pd.Series([quarantined], dtype="Int64"),
        }
    )


def slots(*statuses: str) -> pd.DataFrame:
    """One day's slots, half an hour apart, one a status."""
    return pd.DataFrame(
        {
            "slot_id": range(1, len(statuses) + 1),
            "purpose": pd.Series(["odds"] * len(statuses), dtype="str"),
            "sport_key": pd.Series(["basketball_nba"] * len(statuses), dtype="str"),
            "slot_time": pd.Series(
                [NOON + timedelta(minutes=30 * i) for i in range(len(statuses))],
                dtype="datetime64[us, UTC]",
            ),
            "status": pd.Series(list(statuses), dtype="str"),
            "reason": pd.Series(
                ["provider down" if s == "gap" else None for s in statuses], dtype="str"
            ),
        }
    )


def reconciled(missing: int = 0, different: int = 0) -> pd.DataFrame:
    """One raw response of 60 quotes with so many missing and different."""
    return pd.DataFrame(
        {
            "raw_id": [7],
            "capture_time": pd.Series([NOON], dtype="datetime64[us, UTC]"),
            "event_id": pd.Series(["e1"], dtype="str"),
            "stated_quotes": [60],
            "stored_quotes": [60 - missing],
            "missing": [missing],
            "different": [different],
        }
    )


def priced(need: Needs) -> pd.DataFrame:
    """The clean quotes as another frame that is made of priced rows."""
    return recorded.frames_of(clean_quotes())[need]


def coverage(*offered: int, events: int = 4) -> pd.DataFrame:
    """One book asked for one market in captures half an hour apart, offering so many events."""
    rows = pd.DataFrame(
        {
            "sport_key": "basketball_nba",
            "snapshot_time": [NOON + timedelta(minutes=30 * i) for i in range(len(offered))],
            "bookmaker_key": "draftkings",
            "market_key": "h2h",
            "events": events,
            "offered": list(offered),
        },
        columns=list(COLUMNS[Needs.COVERAGE]),
    )
    return typed(rows, Needs.COVERAGE)


def scores(
    home: int = 101,
    away: int = 99,
    before: tuple[int, int] | None = None,
    sport: str = "basketball_nba",
    after: timedelta = timedelta(hours=3),
) -> pd.DataFrame:
    """One final score, stated so long after the start, and the one stated before."""
    rows = pd.DataFrame(
        {
            "event_id": ["e1"],
            "sport_key": [sport],
            "snapshot_time": [NOON + after],
            "commence_time": [NOON],
            "home_score": [home],
            "away_score": [away],
            "previous_home_score": [None if before is None else before[0]],
            "previous_away_score": [None if before is None else before[1]],
        }
    )
    return typed(rows, Needs.SCORES)
