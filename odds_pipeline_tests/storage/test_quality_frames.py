"""The frames that rules judge say of every snapshot what the view of all of them says."""

from datetime import date, timedelta

import pandas as pd

from odds_pipeline.quality.inputs import COLUMNS, Needs, input_schema
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.quality_frames import (
    events_frame,
    odds_frames,
    scores_frame,
)

DAY = date(2026, 3, 10)
PLACE = ["event_id", "bookmaker_key", "market_key", "outcome_name", "description"]
VALUES = ["decimal_price", "point", "in_play", "commence_time"]


def _expanded(quotes: pd.DataFrame, moments: pd.DataFrame) -> pd.DataFrame:
    """The quotes at each of their event's captures, by the spans they are handed over with."""
    rows = quotes.merge(moments, on="event_id")
    inside = rows["moment"].between(rows["snapshot_time"], rows["until_time"])
    return rows[inside].assign(snapshot_time=rows["moment"])[[*PLACE, "snapshot_time", *VALUES]]


def test_every_snapshot_is_covered_by_the_frames(platform: Platform, clock: SteppedClock) -> None:
    for _ in range(5):
        collect_odds(platform)
        clock.advance(timedelta(minutes=90))
    with transaction(platform.engine) as conn:
        made = odds_frames(conn, DAY)
        whole = fetch_frame(
            conn,
            """SELECT o.event_id, o.bookmaker_key, o.market_key, o.outcome_name, o.description,
                o.capture_time AS snapshot_time, o.price AS decimal_price, o.point, s.in_play,
                s.commence_time, extract(epoch FROM o.capture_time - o.last_update)::float8 AS age
            FROM stored_odds o JOIN snapshots s ON s.snapshot_id = o.snapshot_id""",
            {},
        )
    assert whole["snapshot_time"].nunique() == 5
    moments = made.snapshots[["event_id", "snapshot_time"]].rename(
        columns={"snapshot_time": "moment"}
    )
    keys = [*PLACE, "snapshot_time"]
    given = _expanded(made.quotes, moments).sort_values(keys, ignore_index=True)
    stored = whole[[*keys, *VALUES]].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(given, stored, check_dtype=False)
    assert len(made.quotes) < len(whole)  # what did not change is not handed over again

    boards = made.boards.astype(dict.fromkeys(("event_id", "bookmaker_key", "market_key"), "str"))
    place = ["event_id", "snapshot_time", "bookmaker_key", "market_key"]
    ages = whole.drop_duplicates(place).merge(boards, on=place, suffixes=("_stored", ""))
    assert len(ages) == len(boards) == len(whole[place].drop_duplicates())
    # A vector holds whole seconds.
    assert ((ages["age"] - ages["age_stored"]).abs() < 1).all()
    asked = made.coverage.groupby("market_key")["offered"].sum()
    assert asked.sum() == len(boards)


def test_frames_are_as_described_and_a_day_without_anything_is_empty(platform: Platform) -> None:
    collect_odds(platform)
    for day, empty in ((DAY, False), (date(2025, 1, 1), True)):
        with transaction(platform.engine) as conn:
            odds = odds_frames(conn, day)
            frames = {
                Needs.QUOTES: odds.quotes,
                Needs.BOARDS: odds.boards,
                Needs.COVERAGE: odds.coverage,
                Needs.SNAPSHOTS: odds.snapshots,
                Needs.EVENTS: events_frame(conn, day),
                Needs.SCORES: scores_frame(conn, day),
            }
        for need, frame in frames.items():
            input_schema(need).validate(frame)
            assert list(frame) == list(COLUMNS[need])
            assert not empty or frame.empty, need
