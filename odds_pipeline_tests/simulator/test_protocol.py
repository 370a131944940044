"""The provider's protocol over a real socket: answers, errors, headers, credits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.settings import DEFAULT_BOOKMAKERS
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator

KEY = "k"
NBA = "/v4/sports/basketball_nba"
PAST = "/v4/historical/sports/basketball_nba"
BOOKS = ",".join(DEFAULT_BOOKMAKERS)
MARKETS = "h2h,spreads,totals"
IDLE = datetime(2025, 2, 15, 12, 0, tzinfo=UTC)


def get(provider: RunningSimulator, path: str, **query: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(provider.url + path, params={"apiKey": KEY, **query}, timeout=30)


def counts(response: requests.Response) -> tuple[int, int, int]:
    return tuple(  # type: ignore[return-value]
        int(response.headers[f"x-requests-{name}"]) for name in ("remaining", "used", "last")
    )


def test_sports_lists_the_active_ones_unless_all_are_asked(provider: RunningSimulator) -> None:
    active = get(provider, "/v4/sports").json()
    everything = get(provider, "/v4/sports", all="true").json()
    assert {sport["key"] for sport in active} >= {"basketball_nba", "soccer_epl"}
    assert all(sport["active"] for sport in active)
    assert len(everything) > len(active)
    fields = {"key", "group", "title", "description", "active", "has_outrights"}
    assert all(set(sport) == fields for sport in everything)


def test_a_call_for_eight_books_and_three_markets_costs_three(provider: RunningSimulator) -> None:
    response = get(provider, f"{NBA}/odds", bookmakers=BOOKS, markets=MARKETS)
    events = response.json()
    assert counts(response) == (19_997, 3, 3)
    assert provider.credits_charged(KEY) == 3
    assert len(events) > 10
    starts = [event["commence_time"] for event in events]
    assert starts == sorted(starts)
    assert starts[0] < "2025-11-22T01:15:00Z"  # live games stay
    for event in events:
        for book in event["bookmakers"]:
            assert book["title"] == BOOKMAKERS[book["key"]].title
            assert {market["key"] for market in book["markets"]} <= set(MARKETS.split(","))
            assert all(book["last_update"] >= market["last_update"] for market in book["markets"])


def test_regions_choose_books_and_bookmakers_override_them(provider: RunningSimulator) -> None:
    def books(**query: str) -> tuple[set[str], int]:
        response = get(provider, f"{NBA}/odds", **query)
        keys = {book["key"] for event in response.json() for book in event["bookmakers"]}
        return keys, counts(response)[2]

    us, us_cost = books(regions="us")
    assert us_cost == 1
    assert us >= {"draftkings", "fanduel", "bovada"}
    assert "pinnacle" not in us
    assert books(regions="us,eu")[1] == 2
    assert books(regions="us,eu", bookmakers="pinnacle,circasports") == ({"pinnacle"}, 1)


def test_formats(provider: RunningSimulator) -> None:
    query = {"bookmakers": BOOKS, "markets": MARKETS}
    decimal = get(provider, f"{NBA}/odds", **query).json()
    american = get(
        provider, f"{NBA}/odds/", oddsFormat="american", dateFormat="unix", **query
    ).json()

    def prices(events: list[dict[str, list[dict[str, list[dict[str, object]]]]]]) -> list[object]:
        return [
            outcome["price"]
            for event in events
            for book in event["bookmakers"]
            for market in book["markets"]
            for outcome in market["outcomes"]  # type: ignore[attr-defined]
        ]

    for price, whole in zip(prices(decimal), prices(american), strict=True):
        assert isinstance(price, float)
        assert isinstance(whole, int)
        exact = 1 + (whole / 100 if whole > 0 else 100 / -whole)
        assert price == pytest.approx(exact, abs=0.0051)
    for spelled, unix in zip(decimal, american, strict=True):
        instant = datetime.fromtimestamp(unix["commence_time"], UTC)
        assert instant == datetime.fromisoformat(spelled["commence_time"])


def test_lay_prices_come_unasked_and_are_not_billed(provider: RunningSimulator) -> None:
    response = get(provider, f"{NBA}/odds", bookmakers="betfair_ex_eu")
    markets = {
        market["key"]
        for event in response.json()
        for book in event["bookmakers"]
        for market in book["markets"]
    }
    assert markets == {"h2h", "h2h_lay"}
    assert counts(response)[2] == 1


def test_events_are_free_and_the_same_as_in_odds(provider: RunningSimulator) -> None:
    events = get(provider, f"{NBA}/events")
    odds = get(provider, f"{NBA}/odds", regions="us").json()
    for event in odds:
        del event["bookmakers"]
    assert events.json() == odds
    assert counts(events)[2] == 0


def test_filters(provider: RunningSimulator) -> None:
    events = get(provider, f"{NBA}/events").json()
    wanted = [events[1]["id"], events[4]["id"]]
    found = get(provider, f"{NBA}/events", eventIds=",".join(wanted)).json()
    assert [event["id"] for event in found] == wanted
    bounds = {"commenceTimeFrom": events[2]["commence_time"]}
    bounds["commenceTimeTo"] = events[5]["commence_time"]
    within = get(provider, f"{NBA}/events", **bounds).json()
    assert within == [
        event
        for event in events
        if events[2]["commence_time"] <= event["commence_time"] <= events[5]["commence_time"]
    ]


def test_an_empty_slate_costs_nothing(provider: RunningSimulator, clock: SteppedClock) -> None:
    clock.set(IDLE)
    for path, query in (
        ("/odds", {"bookmakers": BOOKS, "markets": MARKETS}),
        ("/scores", {}),
        ("/events", {}),
    ):
        response = get(provider, NBA + path, **query)
        assert (response.json(), counts(response)) == ([], (20_000, 0, 0))
    clock.set(datetime(2025, 12, 1, tzinfo=UTC))
    for path in ("/odds", "/events"):
        response = get(
            provider, PAST + path, date="2025-02-15T12:00:00Z", bookmakers=BOOKS, markets=MARKETS
        )
        assert (response.json()["data"], counts(response)[2]) == ([], 0)


def test_scores(provider: RunningSimulator, clock: SteppedClock) -> None:
    today = get(provider, f"{NBA}/scores")
    assert counts(today)[2] == 1
    live = [event for event in today.json() if event["scores"]]
    assert live
    assert not any(event["completed"] for event in today.json())
    clock.advance(timedelta(hours=6))
    after = get(provider, f"{NBA}/scores", daysFrom="1")
    assert counts(after)[2] == 2
    results = {event["id"]: event for event in after.json()}
    for event in live:
        final = results[event["id"]]
        assert final["completed"]
        assert {row["name"] for row in final["scores"]} == {final["home_team"], final["away_team"]}
        assert all(isinstance(row["score"], str) for row in final["scores"])
    clock.advance(timedelta(days=4))
    late = get(provider, f"{NBA}/scores", daysFrom="3").json()
    assert not {event["id"] for event in late} & {event["id"] for event in live}


def test_event_odds_state_times_on_markets_only_and_bill_what_is_returned(
    provider: RunningSimulator,
) -> None:
    events = get(provider, f"{NBA}/odds", bookmakers="pinnacle").json()
    event = next(event for event in reversed(events) if event["bookmakers"])
    response = get(
        provider,
        f"{NBA}/events/{event['id']}/odds",
        bookmakers="pinnacle",
        markets="h2h,player_points",
    )
    book = response.json()["bookmakers"][0]
    assert "last_update" not in book
    assert book["markets"][0]["last_update"]
    assert counts(response)[2] == 1


def test_history_is_the_market_of_its_snapshot(
    provider: RunningSimulator, clock: SteppedClock
) -> None:
    query = {"bookmakers": BOOKS, "markets": MARKETS}
    response = get(provider, f"{PAST}/odds", date="2025-11-20T23:33:00Z", **query)
    envelope = response.json()
    assert counts(response)[2] == 30
    assert (
        envelope["previous_timestamp"]
        < envelope["timestamp"]
        <= "2025-11-20T23:33:00Z"
        < envelope["next_timestamp"]
    )
    events = get(provider, f"{PAST}/events", date="2025-11-20T23:33:00Z")
    assert counts(events)[2] == 1
    assert [e["id"] for e in events.json()["data"]] == [e["id"] for e in envelope["data"]]
    clock.set(datetime.fromisoformat(envelope["timestamp"]))
    assert get(provider, f"{NBA}/odds", **query).json() == envelope["data"]


def test_old_history_states_no_market_times(provider: RunningSimulator) -> None:
    answer = get(provider, f"{PAST}/odds", date="2021-11-20T20:00:00Z", regions="us").json()
    books = [book for event in answer["data"] for book in event["bookmakers"]]
    assert books
    assert all("last_update" in book for book in books)
    assert not any("last_update" in market for book in books for market in book["markets"])


def test_upcoming_is_live_games_and_the_next_eight(provider: RunningSimulator) -> None:
    events = get(provider, "/v4/sports/upcoming/odds", regions="us").json()
    ahead = [event for event in events if event["commence_time"] > "2025-11-22T01:15:00Z"]
    assert len(ahead) == 8
    assert len(events) > 8


def test_without_credits_only_the_free_endpoints_answer(clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, quota=4) as provider:
        query = {"bookmakers": BOOKS, "markets": MARKETS}
        assert counts(get(provider, f"{NBA}/odds", **query)) == (1, 3, 3)
        # Admitted while one credit is left, then charged in full.
        assert counts(get(provider, f"{NBA}/odds", **query)) == (-2, 6, 3)
        refused = get(provider, f"{NBA}/odds", **query)
        assert (refused.status_code, refused.json()["error_code"]) == (401, "OUT_OF_USAGE_CREDITS")
        assert counts(refused) == (-2, 6, 0)
        assert get(provider, "/v4/sports").status_code == 200
        assert get(provider, f"{NBA}/events").status_code == 200
        clock.set(datetime(2025, 12, 1, tzinfo=UTC))
        assert counts(get(provider, f"{NBA}/odds", **query)) == (1, 3, 3)


def test_a_restarted_provider_continues_its_count(clock: SteppedClock, tmp_path: Path) -> None:
    state = tmp_path / "credits.json"
    for used in (1, 2):
        with RunningSimulator(clock=clock, state=state) as provider:
            assert counts(get(provider, f"{NBA}/odds", regions="us")) == (20_000 - used, used, 1)


def test_calls_beyond_the_frequency_limit_are_refused(clock: SteppedClock) -> None:
    with RunningSimulator(clock=clock, calls_a_second=0) as provider:
        refused = get(provider, "/v4/sports")
    assert (refused.status_code, refused.json()["error_code"]) == (429, "EXCEEDED_FREQ_LIMIT")
    assert counts(refused) == (20_000, 0, 0)


def test_a_sport_out_of_season_is_known_and_empty(provider: RunningSimulator) -> None:
    response = get(provider, "/v4/sports/basketball_nba_preseason/odds", regions="us")
    assert (response.status_code, response.json(), counts(response)[2]) == (200, [], 0)


def test_gzip_only_when_asked_and_the_date_of_the_clock(provider: RunningSimulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        address = f"{provider.url}{NBA}/odds?apiKey={KEY}&regions=us"
        packed = session.get(address, headers={"Accept-Encoding": "gzip"}, timeout=30)
        plain = session.get(address, headers={"Accept-Encoding": "identity"}, timeout=30)
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert plain.headers["date"] == "Sat, 22 Nov 2025 01:15:00 GMT"
    assert plain.headers["content-type"].startswith("application/json")


def test_get_only(provider: RunningSimulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{provider.url}/v4/sports", timeout=30)
    assert (answer.status_code, answer.json()["error_code"]) == (405, "METHOD_NOT_ALLOWED")
