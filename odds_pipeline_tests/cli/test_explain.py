"""`odds explain`: from a value to the bytes it was read from."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import zstandard

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.market.lines import close_day
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import experiments, ledgers
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line
from odds_pipeline_tests.services.documents import NOON
from odds_pipeline_tests.services.market.quotes import capture, h2h

EVENT = "00000000000000000000000000000001"
QUOTE = ("quote", EVENT, "northbook", "h2h", "Harbor Herons")
AT = ("--at", "2026-01-09T18:05:00Z")
FILE = FIXTURES / "odds_american.json"


REFUSED = (
    ((*QUOTE[:4], "Nobody"), 3, "had no price on Nobody"),
    (("quote", EVENT), 2, "write it as `odds explain quote EVENT"),
    (("edge", "00ff"), 3, "there is no edge"),
    (("raw", "x"), 2, "is no number"),
    (("bet", "1"), 2, "write it as `odds explain bet EXPERIMENT NUMBER`"),
)


def test_a_quote_leads_to_the_digest_of_its_file(odds: Odds) -> None:
    assert odds("import", "the-odds-api", str(FILE)).code == 0
    found = odds("explain", *QUOTE, *AT, "--json").json
    assert set(found) <= set(JSON_KEYS["explain"])
    assert found["raw"]["sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert found["raw"]["sha256_verified"] is True
    assert (found["said"]["name"], found["call"]) == ("Harbor Herons", None)
    american = found["said"]["price"]
    assert found["price"] == 1 + (american / 100 if american > 0 else 100 / -american)
    shown = odds("explain", *QUOTE, *AT).out
    assert found["raw"]["sha256"] in shown
    raw = odds("explain", "raw", str(found["raw"]["raw_id"]), "--json").json
    assert raw["raw"] == found["raw"]
    for asked, code, said in REFUSED:
        ended = odds("explain", *asked)
        assert is_one_line(ended, code), ended
        assert said in ended.err


def test_a_bet_leads_to_its_quote_unless_the_bytes_are_not_those_stored(
    odds: Odds, database_url: str
) -> None:
    odds("import", "the-odds-api", str(FILE))
    with psycopg.connect(libpq_url(database_url)) as conn:
        number = experiments.draft(
            conn,
            name="mine",
            strategy="favourite",
            config={"known_by": None},
            code_version="1",
            seed=7,
            risk_mode="flat",
            bankroll=1000.0,
            league=None,
        )
        names = ("event_id", "bookmaker_key", "market_key", "outcome_name")
        row: dict[str, Any] = dict(zip(names, QUOTE[1:], strict=True)) | {
            "point": None,
            "stake": 100.0,
        }
        captured = odds("explain", *QUOTE, *AT, "--json").json["snapshot"]["capture_time"]
        row["capture_time"] = datetime.fromisoformat(captured)
        ledgers.keep(conn, number, pd.DataFrame([row]))
    bet = odds("explain", "bet", str(number), "1", "--json").json
    assert (bet["thing"], bet["experiment"]["seed"], bet["bet"]["stake"]) == ("bet", 7, 100.0)
    assert bet["price"] == odds("explain", *QUOTE, *AT, "--json").json["price"]
    assert is_one_line(odds("explain", "bet", str(number), "2"), 3)
    with psycopg.connect(libpq_url(database_url)) as conn:
        conn.execute("SET session_replication_role = replica")  # the guard would refuse
        body = zstandard.ZstdCompressor().compress(b"[]")
        conn.execute("UPDATE raw_bodies SET body = %s", (body,))
    damaged = odds("explain", "bet", str(number), "1")
    assert is_one_line(damaged, 4)
    assert "does not match" in damaged.err


def test_edges_and_closes_lead_to_their_quotes(
    odds: Odds, platform: Platform, clock: SteppedClock, database_url: str
) -> None:
    capture(platform, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.9)})
    price_day(platform, date(2026, 3, 10))
    clock.advance(timedelta(hours=12))
    close_day(platform, date(2026, 3, 10))
    with psycopg.connect(libpq_url(database_url)) as conn:
        query = "SELECT opportunity_id FROM edges WHERE kind = 'arbitrage'"
        (edge,) = conn.execute(query).fetchone() or ("",)
    found = odds("explain", "edge", edge, "--json").json
    legs = {(leg["selection"]["bookmaker"], leg["price"]) for leg in found["legs"]}
    assert legs == {("pinnacle", 2.0), ("bovada", 2.2)}
    assert {leg["said"]["price"] for leg in found["legs"]} == {2.0, 2.2}
    assert [row["fair_probability"] for row in found["fair_prices"]] == [0.5, 0.5]
    close = odds("explain", "close", "e1", "bovada", "h2h", "Home", "--json").json
    assert (close["price"], close["close"]["phase"]) == (2.2, "closing")
    assert close["snapshot"]["capture_time"] == f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
    assert close["said"]["price"] == 2.2
