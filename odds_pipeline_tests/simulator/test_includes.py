"""Fields that are given only when asked for: links, ids, limits, rotation numbers, multipliers."""

from collections.abc import Iterator
from typing import Any

import pytest

from odds_pipeline.catalog.bookmakers import BookClass, book_class
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import call, event_with

NBA = "/v4/sports/basketball_nba"
BOOKS = {"regions": "us,eu", "markets": "h2h,spreads,totals"}
EVERYTHING = {
    "includeLinks": "true",
    "includeSids": "true",
    "includeBetLimits": "true",
    "includeRotationNumbers": "true",
    "includeMultipliers": "true",
}
Row = dict[str, Any]


def levels(event: Row) -> Iterator[tuple[str, str, str, Row]]:
    """(level, book, market, row) of every bookmaker, market and outcome."""
    for book in event["bookmakers"]:
        yield "book", book["key"], "", book
        for market in book["markets"]:
            yield "market", book["key"], market["key"], market
            for outcome in market["outcomes"]:
                yield "outcome", book["key"], market["key"], outcome


def test_links_and_ids_stand_on_all_three_levels_and_may_be_null(
    provider: RunningSimulator,
) -> None:
    plain = call(provider, f"{NBA}/odds", **BOOKS).json()
    linked = call(provider, f"{NBA}/odds", includeLinks="true", includeSids="true", **BOOKS).json()
    seen: dict[str, list[tuple[object, object]]] = {"book": [], "market": [], "outcome": []}
    for event in linked:
        for level, _, _, row in levels(event):
            seen[level].append((row.pop("link"), row.pop("sid")))
    assert linked == plain
    links = [link for values in seen.values() for link, _ in values if link is not None]
    assert links
    assert all(str(link).startswith("https://") and ".example/" in str(link) for link in links)
    assert {type(sid) for values in seen.values() for _, sid in values} == {str, type(None)}
    assert all(None in {link for link, _ in values} for values in seen.values())
    again = call(provider, f"{NBA}/odds", includeLinks="true", includeSids="true", **BOOKS)
    assert again.json()[0]["bookmakers"][0]["sid"] is not None


def test_one_outcome_of_a_book_has_one_id_of_its_own(provider: RunningSimulator) -> None:
    event_id = event_with(provider, "basketball_nba", "fanduel", "alternate_spreads,player_points")
    found = call(
        provider,
        f"{NBA}/events/{event_id}/odds",
        bookmakers="fanduel",
        markets="h2h,alternate_spreads,player_points",
        includeSids="true",
    ).json()
    sids = [row["sid"] for level, _, _, row in levels(found) if level == "outcome"]
    assert len(sids) == len(set(sids)) > 40


def test_bet_limits_follow_the_class_of_the_book(provider: RunningSimulator) -> None:
    events = call(provider, f"{NBA}/odds", includeBetLimits="true", **BOOKS).json()
    books = [kind for kind in BookClass if kind is not BookClass.AGGREGATE]
    limits: dict[BookClass, list[float]] = {kind: [] for kind in books}
    for event in events[8:]:
        for level, book, market, row in levels(event):
            if level == "outcome" and market == "h2h":
                limits[book_class(book)].append(row["bet_limit"])
            else:
                assert level == "outcome" or "bet_limit" not in row
    assert all(values and min(values) > 0 for values in limits.values())
    assert max(limits[BookClass.SHARP]) > max(limits[BookClass.RETAIL])


@pytest.mark.parametrize(
    ("sport_key", "numbered"),
    [("basketball_nba", True), ("americanfootball_nfl", True), ("soccer_epl", False)],
)
@pytest.mark.parametrize("endpoint", ["events", "odds"])
def test_rotation_numbers_only_where_the_sport_has_them(
    provider: RunningSimulator, sport_key: str, numbered: bool, endpoint: str
) -> None:
    path, query = f"/v4/sports/{sport_key}/{endpoint}", {"regions": "us"}
    assert all("home_rotation" not in event for event in call(provider, path, **query).json())
    events = call(provider, path, includeRotationNumbers="true", **query).json()
    assert events
    for event in events:
        home, away = event["home_rotation"], event["away_rotation"]
        assert (home, away) == ((away + 1, away) if numbered else (None, None))


def test_multipliers_are_a_matter_of_event_odds(provider: RunningSimulator) -> None:
    event_id = event_with(provider, "basketball_nba", "fanduel,betfair_ex_eu")
    path = f"{NBA}/events/{event_id}/odds"
    query = {"regions": "us,eu", "markets": "h2h,player_points"}
    asked = call(provider, path, includeMultipliers="true", **query).json()
    shown = {
        (market, type(row["multiplier"]))
        for level, _, market, row in levels(asked)
        if level == "outcome"
    }
    assert shown == {("h2h", type(None)), ("h2h_lay", type(None)), ("player_points", float)}
    for other in (
        call(provider, path, **query).json(),
        call(provider, f"{NBA}/odds", includeMultipliers="true", **BOOKS).json()[8],
    ):
        assert all("multiplier" not in row for _, _, _, row in levels(other))


def test_nothing_more_is_said_than_was_asked(provider: RunningSimulator) -> None:
    asked = call(provider, f"{NBA}/odds", **BOOKS, **EVERYTHING).json()
    plain = call(provider, f"{NBA}/odds", **BOOKS, **dict.fromkeys(EVERYTHING, "false")).json()
    more = {
        (level, name)
        for event, unadorned in zip(asked, plain, strict=True)
        for (level, _, _, row), (_, _, _, bare) in zip(
            levels(event), levels(unadorned), strict=True
        )
        for name in row.keys() - bare.keys()
    }
    assert more == {
        *((level, name) for level in ("book", "market", "outcome") for name in ("link", "sid")),
        ("outcome", "bet_limit"),
    }
    assert asked[0].keys() - plain[0].keys() == {"home_rotation", "away_rotation"}


def test_status_picks_games_before_and_after_their_start(provider: RunningSimulator) -> None:
    both = call(provider, f"{NBA}/events").json()
    live = call(provider, f"{NBA}/events", status="live").json()
    ahead = call(provider, f"{NBA}/events", status="pre").json()
    assert live
    assert ahead
    assert live + ahead == both == call(provider, f"{NBA}/events", status="pre,live").json()
    assert all(event["commence_time"] <= "2025-11-22T01:15:00Z" for event in live)
