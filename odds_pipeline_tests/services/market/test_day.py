"""Pricing moments of capture on a real database: exact edges, their lives, what changes them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from odds_pipeline.services import voids
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.market.model_import import Stated, import_model
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.voids import VoidRequest
from odds_pipeline.storage import edges as stored
from odds_pipeline.storage.edges import Wanted
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.fair_prices import fair_prices
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON
from odds_pipeline_tests.services.market.quotes import capture, h2h

DAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)
EVEN = h2h(2.0, 2.0)  # a sharp book without margin: fair is 1/2 by every method

FAIR = """SELECT capture_time, known_time, source, outcome_id, fair_probability, chosen, shin
FROM fair_prices WHERE superseded_at IS NULL ORDER BY 1, 3, 4"""
SIGHTS = """SELECT opportunity_id, capture_time, known_time, state, edge_percentage, closed_by,
    verdict, legs::text FROM edge_sights WHERE superseded_at IS NULL ORDER BY 1, 2, 4, 8"""
EDGES = """SELECT opportunity_id, kind, status, first_seen, last_seen, closed_at, closed_by, sights,
    episodes, life_seconds, edge_percentage FROM edges ORDER BY 1"""


def _ev(platform: Platform) -> list[tuple[object, ...]]:
    return rows(
        platform,
        """SELECT status, verdict, price, fair_probability,
            round(edge_percentage::numeric, 6)::text,
            round(kelly_fraction::numeric, 6)::text, closed_by, sights, episodes, life_seconds
        FROM edges WHERE kind = 'ev'""",
    )


def test_an_edge_lives_from_its_first_to_its_last_sight(platform: Platform) -> None:
    """2.2 against 1/2 is 10 % of the stake, and a quarter of Kelly 0.1/1.2/4."""
    for minutes, price in ((0, 2.2), (10, 2.2), (20, 1.9), (30, 2.2)):
        capture(platform, {"pinnacle": EVEN, "bovada": h2h(price, 1.7)}, NOON + minutes * MINUTE)
        done = price_day(platform, DAY)
        assert done.moments == 1
        if minutes == 10:
            assert _ev(platform) == [
                ("open", "executable", 2.2, 0.5, "10.000000", "0.020833", None, 2, 1, 600.0)
            ]
        if minutes == 20:
            assert _ev(platform)[0][0] == "closed"
            assert _ev(platform)[0][6:] == ("bovada", 2, 1, 600.0)
    assert _ev(platform)[0][0] == "open"
    assert _ev(platform)[0][6:] == (None, 3, 2, 600.0)


def test_a_rebuilt_day_has_the_same_rows(platform: Platform) -> None:
    capture(platform, {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)})
    capture(platform, {"pinnacle": h2h(2.3, 1.8), "bovada": h2h(2.2, 1.7)}, NOON + MINUTE)
    price_day(platform, DAY)
    before = [rows(platform, query) for query in (FAIR, SIGHTS, EDGES)]
    assert all(before)
    assert rows(platform, "SELECT closed_by FROM edges WHERE kind = 'ev'") == [("fair price",)]
    again = price_day(platform, DAY, again=True)
    assert (again.moments, again.fair_prices, again.edges_changed) == (2, 0, 0)
    with transaction(platform.engine) as conn:
        conn.execute("TRUNCATE pricings, fair_prices, edge_sights, edges")
    price_day(platform, DAY)
    assert [rows(platform, query) for query in (FAIR, SIGHTS, EDGES)] == before


def test_a_late_capture_prices_the_moments_after_it_again(platform: Platform) -> None:
    capture(platform, {"bovada": h2h(2.2, 1.7)}, NOON + 5 * MINUTE)
    price_day(platform, DAY)
    assert not rows(platform, "SELECT 1 FROM fair_prices WHERE chosen")
    assert price_day(platform, DAY).moments == 0
    capture(platform, {"bovada": h2h(2.4, 1.6), "pinnacle": EVEN}, NOON)
    assert price_day(platform, DAY).moments == 2
    seen = rows(platform, "SELECT capture_time, price FROM edge_sights WHERE kind = 'ev'")
    assert (NOON, 2.4) in seen


def test_a_void_supersedes_what_used_the_quote_and_a_lift_brings_it_back(
    platform: Platform,
) -> None:
    capture(platform, {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)})
    price_day(platform, DAY)
    before, known = rows(platform, FAIR), datetime.now(UTC)
    request = VoidRequest(NOON, NOON, event="e1", bookmaker="bovada")
    users = voids.would_cover(platform, request).users
    assert {user.table for user in users} == {"fair_prices", "edge_sights"}
    made = voids.add(platform, request, "typo", "ann")
    assert _ev(platform)[0][0] == "voided"
    assert rows(
        platform, "SELECT count(*) FROM edge_sights WHERE superseded_at IS NULL AND kind = 'ev'"
    ) == [(0,)]
    assert rows(
        platform, "SELECT DISTINCT bookmakers FROM fair_prices WHERE superseded_at IS NULL"
    ) == [(1,)]
    with transaction(platform.engine) as conn:
        then = fair_prices(conn, ["e1"], NOON, known)
        now = fair_prices(conn, ["e1"], NOON)
    assert set(then["bookmakers"]) == {1, 2}
    assert set(now["bookmakers"]) == {1}
    voids.lift(platform, made.void_id, "it was none", "bob")
    assert _ev(platform)[0][0] == "open"
    assert [row[2:] for row in rows(platform, FAIR)] == [row[2:] for row in before]


def test_arbitrage_stakes_are_whole_and_pay_what_they_claim(platform: Platform) -> None:
    """+110 and -102 on 1,000: whole stakes win 19.00 for sure, and no more (by brute force)."""
    capture(platform, {"a": h2h(2.1, 1.7), "b": h2h(1.8, 1 + 100 / 102)})
    price_day(platform, DAY)
    with transaction(platform.engine) as conn:
        found = stored.edges(conn, Wanted(kind="arbitrage"), NOON)
    (edge,) = found.to_dict("records")
    assert edge["edge_percentage"] == pytest.approx(1.9221, abs=1e-3)
    paid = [round(leg["stake"] * leg["price"], 2) for leg in edge["legs"]]
    assert edge["total_stake"] == sum(leg["stake"] for leg in edge["legs"]) <= 1000
    assert all(leg["stake"] == int(leg["stake"]) for leg in edge["legs"])
    assert edge["worst_case_profit"] == 19.0 <= min(paid) - edge["total_stake"] < 19.01
    assert (edge["verdict"], edge["status"]) == ("executable", "open")
    assert edge["expires_at"] == NOON + timedelta(seconds=870)


@pytest.mark.parametrize(
    ("books", "verdict", "reason"),
    [
        ({"a": h2h(2.3, 1.7), "b": h2h(1.6, 2.3)}, "paper", "15.0 % is too good to be true"),
        ({"betfair_ex_eu": h2h(2.04, 1.7), "b": h2h(1.6, 2.0)}, "paper", "only before commission"),
        ({"a": h2h(2.0, 1.7), "b": h2h(1.6, 2.0000001)}, "paper", "no whole stakes"),
    ],
)
def test_an_arbitrage_that_cannot_be_had_is_paper(
    platform: Platform, books: dict[str, list[object]], verdict: str, reason: str
) -> None:
    capture(platform, books)  # type: ignore[arg-type]
    price_day(platform, DAY)
    found = rows(platform, "SELECT verdict, reason FROM edge_sights WHERE kind = 'arbitrage'")
    assert [found[0][0]] == [verdict]
    assert reason in found[0][1]


def test_an_edge_ends_with_the_start_and_stale_prices_say_so(platform: Platform) -> None:
    books = {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)}
    capture(platform, books, age=1000.0)
    price_day(platform, DAY)
    assert _ev(platform) == []  # nobody fresh says what is fair
    assert rows(platform, "SELECT kind, verdict FROM edges") == [("arbitrage", "stale")]
    capture(platform, books, NOON + MINUTE)
    capture(platform, books, NOON + timedelta(hours=8, minutes=1))
    price_day(platform, DAY)
    assert _ev(platform)[0][0] == "closed"
    assert _ev(platform)[0][6] == "start"


MODEL = """event_id,market,outcome,point,probability,made_at
e1,h2h,Home,,0.5,2026-03-10T11:00:00Z
e1,h2h,Away,,0.4,2026-03-10T13:00:00Z
e9,h2h,Home,,0.5,2026-03-10T11:00:00Z
e1,h2h,Home,,1.2,2026-03-10T11:00:00Z
e1,h2h,Home,,0.5,yesterday
"""


def test_a_model_of_ones_own_judges_what_it_spoke_of_by_then(platform: Platform) -> None:
    capture(platform, {"bovada": h2h(2.2, 3.0)})
    price_day(platform, DAY)
    path = platform.settings.odds_home / "model.csv"
    path.write_text(MODEL)
    done = import_model(platform, path, Stated("elo", "3"))
    assert (done.rows, done.kept, done.known) == (5, 2, 0)
    assert [(one.line, one.reason.split(" ")[0]) for one in done.refused] == [
        (4, "event"),
        (5, "probability"),
        (6, "made_at"),
    ]
    assert import_model(platform, path, Stated("elo", "3")).known == 2
    assert price_day(platform, DAY).moments == 1
    found = rows(
        platform,
        """SELECT strategy, model_version, model_probability, fair_probability, price,
            round(edge_percentage::numeric, 6)::text FROM edges WHERE kind = 'ev'""",
    )
    assert found == [("model:elo", "3", 0.5, None, 2.2, "10.000000")]


def _flag(platform: Platform) -> None:
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO data_quality_logs (partition, rule, issue_type, severity, event_id,
                bookmaker_key, market_key, snapshot_time, description)
            VALUES (%s, 'a rule', 'wrong', 'error', 'e1', 'bovada', 'h2h', %s, 'it is wrong')""",
            (DAY, NOON),
        )


USED = "SELECT DISTINCT source, flagged FROM fair_prices WHERE superseded_at IS NULL ORDER BY 1"


def test_what_used_a_flagged_quote_says_so(platform: Platform) -> None:
    capture(platform, {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)})
    _flag(platform)
    price_day(platform, DAY)
    assert rows(platform, USED) == [("median", True), ("pool", True), ("sharp", False)]
    sights = rows(platform, "SELECT DISTINCT kind, flagged FROM edge_sights ORDER BY 1")
    assert ("ev", True) in sights


def test_a_flag_raised_or_lifted_after_pricing_prices_its_moments_again(
    platform: Platform,
) -> None:
    for minutes in (0, 60):
        capture(platform, {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)}, NOON + minutes * MINUTE)
    price_day(platform, DAY)
    before, clean = rows(platform, FAIR), rows(platform, USED)
    assert clean == [("median", False), ("pool", False), ("sharp", False)]
    _flag(platform)
    assert price_day(platform, DAY).moments == 2  # the later one may hold an edge of the first
    assert rows(platform, USED + ", 2") == [
        *(("median", False), ("median", True)),
        *(("pool", False), ("pool", True)),
        ("sharp", False),
    ]
    assert price_day(platform, DAY).moments == 0
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE data_quality_logs SET resolution = 'released'")
    assert price_day(platform, DAY).moments == 2
    assert rows(platform, USED) == clean
    assert [row[2:] for row in rows(platform, FAIR)] == [row[2:] for row in before]


def test_a_flag_that_grows_prices_only_the_moments_it_did_not_cover_before(
    platform: Platform,
) -> None:
    for minutes in (0, 60, 120):
        capture(platform, {"pinnacle": EVEN, "bovada": h2h(2.2, 1.7)}, NOON + minutes * MINUTE)
    _flag(platform)
    price_day(platform, DAY)
    for until, moments in ((60, 2), (120, 1), (120, 0), (60, 1)):
        with transaction(platform.engine) as conn:
            conn.execute("UPDATE data_quality_logs SET until_time = %s", (NOON + until * MINUTE,))
        # With the first moment that waits all later ones of the day do.
        assert price_day(platform, DAY).moments == moments, until
    flagged = (
        "SELECT DISTINCT capture_time FROM fair_prices WHERE flagged AND superseded_at IS NULL"
    )
    assert {at for (at,) in rows(platform, flagged)} == {NOON, NOON + 60 * MINUTE}
