"""`odds edges`, fair prices in `odds compare`, pictures, and models of one's own."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.composition import open_platform
from odds_pipeline.services.market.day import price_day
from odds_pipeline.settings import load_settings
from odds_pipeline_tests.cli.conftest import Odds, is_one_line
from odds_pipeline_tests.services.documents import NOON
from odds_pipeline_tests.services.market.quotes import capture, h2h

AT = ("--at", "2026-03-10T12:00:00Z")


@pytest.fixture
def priced(odds: Odds) -> Odds:
    """One game with one +EV price (10 %) and the arbitrage it makes."""
    with open_platform(load_settings()) as platform:
        capture(platform, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.7)})
        price_day(platform, date(2026, 3, 10))
    return odds


def test_edges_are_listed_filtered_paged_and_told(priced: Odds) -> None:
    every = priced("edges", "--status", "any", "--json").json
    assert set(every) | {f"edges[].{key}" for key in every["edges"][0]} <= set(JSON_KEYS["edges"])
    assert [edge["kind"] for edge in every["edges"]] == ["ev", "arbitrage"]
    one = priced("edges", "--status", "any", "--kind", "ev", "--min-edge", "5", "--json").json
    (edge,) = one["edges"]
    assert (edge["price"], edge["bookmaker_key"], edge["verdict"]) == (2.2, "bovada", "executable")
    for more in (
        ("--min-edge", "11"),
        ("--bookmaker", "fanduel"),
        ("--sport", "soccer_epl"),
        ("--tag", "longshot"),
        ("--max-age", "10"),
        ("--day", "2026-03-11"),
        ("--status", "closed"),
    ):
        asked = priced("edges", *(more if "--status" in more else ("--status", "any", *more)))
        assert asked.out == "No such edges.\n"
    page = priced("edges", "--status", "any", "--page", "2", "--page-size", "1", "--json").json
    assert (page["page"], page["more"], len(page["edges"])) == (2, False, 1)
    history = priced("edges", edge["opportunity_id"], "--json").json
    assert [row["state"] for row in history] == ["seen"]
    assert set(history[0]) == set(JSON_KEYS["edges ID"])
    assert "10.00" in priced("edges", "--status", "any").out
    assert is_one_line(priced("edges", "nope"), 3)
    assert is_one_line(priced("edges", "--day", "soon"), 2)


def test_each_book_is_compared_with_the_others(priced: Odds) -> None:
    rows = priced("compare", "--event-id", "e1", "--market", "h2h", *AT, "--json").json
    assert all(set(row) == set(JSON_KEYS["compare"]) for row in rows)
    home = {row["bookmaker_key"]: row for row in rows if row["outcome_name"] == "Home"}
    assert home["bovada"]["consensus_probability"] == 0.5
    assert home["bovada"]["edge_percentage"] == pytest.approx(10.0)
    assert home["pinnacle"]["consensus_probability"] is None  # one other book is no pool
    assert "+10.00" in priced("compare", "--event-id", "e1", "--market", "h2h", *AT).out


def test_a_movement_is_drawn_into_a_file(priced: Odds) -> None:
    asked = ("line-movement", "--event-id", "e1", "--bookmaker", "bovada", "--plot")
    assert priced(*asked, "moved.png").code == 0
    assert Path("moved.png").read_bytes().startswith(b"\x89PNG")
    assert is_one_line(priced(*asked, "moved.bmp"), 2)


def test_a_model_is_imported_once(priced: Odds) -> None:
    said = f"e1,h2h,Home,0.5,{datetime.isoformat(NOON.astimezone(UTC))}\ne2,h2h,Home,0.5,\n"
    Path("model.csv").write_text(f"event_id,market,outcome,probability,made_at\n{said}")
    stated = ("import", "model", "model.csv", "--model", "elo", "--version", "1")
    done = priced(*stated)
    assert done.code == 2
    assert "line 3: neither the row nor the command says when it was made" in done.out
    again = priced(*stated, "--made-at", "2026-03-10T12:00:00Z", "--json")
    assert again.code == 2
    assert '"known": 1' in again.out
    assert "event 'e2' is not stored here" in again.out
