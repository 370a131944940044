"""Archives of past games: small ones of our own making, and the recorded ones whole."""

import gzip
import io
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.catalog.natural_key import sha_key
from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    OddsFormat,
    Quote,
    RawDocument,
    UnusableQuote,
)
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.archives.layout import Layout, MarketColumns, Side
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.sources.archives.parse import request_of
from odds_pipeline.sources.archives.phases import Phase, instant_of
from odds_pipeline.sources.archives.shapes import _lines
from odds_pipeline.sources.files.detect import decompressed
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import READ

SOCCER = (
    "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,PSCH,PSCD,PSCA,"
    "Max>2.5,Max<2.5,AHh,B365AHH,B365AHA"
)
MATCH = "E0,17/08/2019,12:30,Arsenal,Burnley,2,1,H,1.5,4.2,7.0,1.55,4.1,6.5,1.6,2.5,-1,1.9,2.0"


def read(body: str | bytes, layout: str, **request: str) -> Document:
    data = body.encode() if isinstance(body, str) else body
    told = {"layout": layout} | request
    raw = RawDocument("file", "archive", told, data, READ, CaptureBasis.FILE, READ)
    return parse_document(raw)


def soccer(*rows: str) -> Document:
    return read("\n".join([SOCCER, *rows]), "football-data")


def test_a_match_has_its_phases_books_and_score() -> None:
    early, close = soccer(MATCH).odds
    start = datetime(2019, 8, 17, 11, 30, tzinfo=UTC)  # London is an hour ahead in summer
    assert (early.capture_time, close.capture_time) == (
        datetime(2019, 8, 17, 6, tzinfo=UTC),
        start - timedelta(seconds=1),
    )
    assert {early.basis, close.basis} == {CaptureBasis.PHASE}
    assert early.scope.bookmakers == ("bet365", "market_best")
    assert close.scope.bookmakers == ("pinnacle",)
    (event,) = close.events
    assert event.event.commence_time == start
    assert not event.event.day_only
    (h2h,) = event.boards
    assert set(h2h.quotes) == {
        Quote("Arsenal", 1.55),
        Quote("Draw", 4.1),
        Quote("Burnley", 6.5),
    }
    boards = {(b.bookmaker, b.market): b for b in early.events[0].boards}
    assert set(boards["bet365", "spreads"].quotes) == {
        Quote("Arsenal", 1.9, -1.0),
        Quote("Burnley", 2.0, 1.0),
    }
    assert set(boards["market_best", "totals"].quotes) == {
        Quote("Over", 1.6, 2.5),
        Quote("Under", 2.5, 2.5),
    }
    (scores,) = soccer(MATCH).statements
    assert scores.capture_time == datetime(2019, 8, 18, tzinfo=UTC)
    (score,) = scores.statements
    assert (score.completed, score.home_score, score.away_score) == (True, 2, 1)


def test_without_a_clock_time_a_start_is_known_to_the_day() -> None:
    document = soccer(MATCH.replace("12:30", ""))
    event = document.odds[0].events[0].event
    assert event.day_only
    assert event.commence_time == datetime(2019, 8, 17, tzinfo=UTC)
    assert document.odds[-1].capture_time == datetime(2019, 8, 17, 23, 59, 59, tzinfo=UTC)


def test_games_of_a_league_that_nobody_knows_are_kept_under_its_code() -> None:
    document = soccer(MATCH.replace("E0", "X-9"))
    assert document.rejections == ()
    assert {e.event.sport_key for c in document.odds for e in c.events} == {"unknown_x_9"}


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        (MATCH.replace("1.5,", "0.0,", 1), "row 2.B365H", "out of range"),
        (MATCH.replace(",H,", ",D,"), "row 2.FTR", "contradicts the score"),
        (MATCH.replace("E0", "?"), "row 2", "names no league"),
        (MATCH.replace("17/08", "37/08"), "row 2", "is not of the form"),
        (MATCH.replace("12:30", "noon"), "row 2", "is not hours and minutes"),
        (MATCH.replace("Burnley", "Arsenal"), "row 2", "plays itself"),
        (MATCH.replace(",2,1,", ",2,x,"), "row 2", "score is not a whole number"),
        (f"{MATCH},77", "row 2", "does not fit"),
        ("E0,17/08/2019", "row 2", "does not fit"),
    ],
)
def test_what_cannot_be_read_is_named(row: str, where: str, reason: str) -> None:
    found = [(r.where, r.reason) for r in soccer(row).rejections]
    assert [place for place, _ in found] == [where]
    assert reason in found[0][1]


def test_a_price_that_is_none_stays_unusable() -> None:
    document = soccer(MATCH.replace("1.5,", "0.0,", 1))
    boards = {b.bookmaker: b for b in document.odds[0].events[0].boards if b.market == "h2h"}
    assert boards["bet365"].unusable == (UnusableQuote("Arsenal"),)


def test_spreadsheet_traces_are_no_data() -> None:
    blank = "," * SOCCER.count(",")
    body = "\n".join([f"{SOCCER},,", f"{MATCH},,", blank, f"{blank},,"])
    assert read(body.encode("cp1252"), "football-data") == soccer(MATCH)


def test_a_match_that_stands_twice_is_one() -> None:
    assert soccer(MATCH, MATCH) == soccer(MATCH)
    other = soccer(MATCH, MATCH.replace("1.55", "1.65"))
    (rejection,) = other.rejections
    assert "different prices" in rejection.reason


def test_a_second_game_of_the_day_is_another_event() -> None:
    header = (
        "date,game,away_name,home_name,away_score,home_score,"
        "home_open_ml,home_close_ml,away_open_ml,away_close_ml"
    )
    rows = [
        "2014-04-16,220,Chicago Cubs,New York Yankees,0,2,-160,-150,140,130",
        "2014-04-16,99,Chicago Cubs,New York Yankees,0,3,-180,-170,160,150",
    ]
    documents = [
        read("\n".join([header, *order]), "mlb-open-close") for order in (rows, rows[::-1])
    ]
    assert documents[0].odds == documents[1].odds
    keys = [
        sha_key("baseball_mlb", "New York Yankees", "Chicago Cubs", day, True, number)
        for day in [datetime(2014, 4, 16, tzinfo=UTC)]
        for number in (1, 2)
    ]
    scores = {s.event.event_id: s.home_score for s in documents[0].statements[0].statements}
    assert scores == {keys[0]: 3, keys[1]: 2}


def test_a_team_that_nobody_knows_is_kept_as_it_is_spelled() -> None:
    header = "date,game,away_name,home_name,away_ml,home_ml,away_score,home_score"
    document = read(f"{header}\n2019-10-22,1,Nowhere,Toronto Raptors,150,-170,1,2", "moneylines")
    assert not document.rejections
    (event,) = document.odds[0].events
    assert (event.event.away_team, event.event.home_team) == ("Nowhere", "Toronto Raptors")


AFL = "year,round,date,venue,home_team,away_team,actual_winner,actual_margin"


def test_results_may_state_the_margin_only() -> None:
    document = read(
        f"{AFL}\n2026,0,2026-03-05,SCG,Sydney,Carlton,Sydney,63.0"
        "\n2026,0,2026-03-06,SCG,Gold Coast,Geelong,Geelong,5"
        "\n2026,0,2026-03-07,SCG,Richmond,Hawthorn,,"
        "\n2026,0,2026-03-08,SCG,Richmond,Hawthorn,Essendon,3",
        "afl-results",
    )
    told = {
        (s.event.home_team, s.home_margin, s.completed, s.home_score)
        for capture in document.statements
        for s in capture.statements
    }
    assert told == {
        ("Sydney Swans", 63, True, None),
        ("Gold Coast Suns", -5, True, None),
        ("Richmond Tigers", None, None, None),
    }
    assert [r.reason for r in document.rejections] == ["winner 'Essendon Bombers' is neither side"]


def test_a_layout_may_name_both_sides_in_one_column_and_the_sport_not_at_all() -> None:
    layout = Layout(
        name="mine",
        required=("day", "game"),
        odds_format=OddsFormat.DECIMAL,
        date="day",
        event="game",
        closed_names=True,
        markets=(
            MarketColumns("pinnacle", "h2h", Phase.CLOSE, {Side.HOME: "one", Side.AWAY: "two"}),
        ),
    )
    body = (
        "day,game,one,two\n2026-03-05,Geelong Cats @ Gold Coast Suns,1.8,2.1"
        "\n2026-03-05,Owls v Bears,1.8,2.1\n2026-03-05,Owls,1.8,2.1"
    )
    raw = RawDocument(
        "file", "archive", request_of(layout), body.encode(), READ, CaptureBasis.FILE, READ
    )
    document = parse_document(raw)
    (event,) = document.odds[0].events
    assert event.event.sport_key == "aussierules_afl"
    assert (event.event.home_team, event.event.away_team) == ("Gold Coast Suns", "Geelong Cats")
    assert sorted(r.reason for r in document.rejections) == [
        "'Owls' and 'Bears' tell no sport",
        "'Owls' does not name two sides",
    ]


TWO_ROWS = """Date,VH,Team,Final,Open,Close,ML
1022,V,NewOrleans,122,231.5,229.5,230
1022,H,Toronto,130,6.5,pk,-280
105,V,LALakers,102,4,1-105,150
105,H,LAClippers,112,220,221,-170
"""


def test_two_rows_make_a_game_and_lines_are_told_apart() -> None:
    document = read(TWO_ROWS, "sbr-rows", season="2019")
    lines = {
        (event.event.home_team, capture.capture_time.strftime("%Y-%m-%d %H"), board.market): [
            (u.outcome, u.point) for u in board.unusable
        ]
        for capture in document.odds
        for event in capture.events
        for board in event.boards
        if board.market != "h2h"
    }
    toronto, clippers = "Toronto Raptors", "Los Angeles Clippers"
    assert lines[toronto, "2019-10-22 00", "spreads"] == [
        (toronto, -6.5),
        ("New Orleans Pelicans", 6.5),
    ]
    assert lines[toronto, "2019-10-22 23", "spreads"][0] == (toronto, 0.0)
    assert lines[toronto, "2019-10-22 23", "totals"] == [("Over", 229.5), ("Under", 229.5)]
    # January belongs to the season's second year; the visitor was the favourite.
    assert lines[clippers, "2020-01-05 00", "spreads"][0] == (clippers, 4.0)
    assert lines[clippers, "2020-01-05 23", "spreads"][0] == (clippers, 1.0)
    assert not document.rejections


def test_rows_without_a_partner_are_named() -> None:
    lone = TWO_ROWS.splitlines()
    document = read("\n".join([lone[0], lone[1], *lone[3:]]), "sbr-rows", season="2019")
    assert [(r.where, r.reason[:22]) for r in document.rejections] == [
        ("row 2", "row has no partner: a ")
    ]


def test_dates_without_a_year_need_a_season() -> None:
    with pytest.raises(MalformedResponse, match="--season"):
        read(TWO_ROWS, "sbr-rows")


@pytest.mark.parametrize(
    ("away", "home", "lines"),
    [
        ("7", "210", ("7", "210")),
        ("210", "7", ("-7", "210")),
        ("210", "pk", ("-0", "210")),
        ("210", "220", ("", "")),
        ("5", "7", ("", "")),
        ("x", "7", ("", "")),
    ],
)
def test_only_size_tells_a_spread_from_a_total(
    away: str, home: str, lines: tuple[str, str]
) -> None:
    assert _lines(away, home) == lines


@given(st.integers(0, 20 * 365 * 86_400), st.booleans())
def test_phases_are_in_order_before_the_start(seconds: int, day_only: bool) -> None:
    start = datetime(2006, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0) if day_only else start
    moments = [instant_of(phase, start, day_only) for phase in Phase]
    assert moments == sorted(set(moments))
    assert moments[-1] < (start + timedelta(days=1) if day_only else start)


def test_a_natural_key_is_the_same_everywhere() -> None:
    start = datetime(2019, 8, 17, tzinfo=UTC)
    key = sha_key("soccer_epl", "Arsenal", "Burnley", start, True)
    # printf 'soccer_epl\\x1farsenal\\x1fburnley\\x1f2019-08-17\\x1f1' | sha256sum
    assert key == "ff44c45cadf1816ae44793eb5be6a8663246cf4edb951748f622da27c3ee3c96"
    assert key == sha_key("soccer_epl", " ARSENAL ", "Burnley", start + timedelta(hours=3), True)
    assert key != sha_key("soccer_epl", "Burnley", "Arsenal", start, True)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(LAYOUTS)))
def test_any_bytes_are_a_document_or_refused(body: bytes, layout: str) -> None:
    header = ",".join(LAYOUTS[layout].required).encode()
    for data in (body, header + b"\n" + body):
        try:
            read(data, layout, season="2019")
        except MalformedResponse:
            continue


# file, layout, events, scores, rejections by reason; figures of the files' README where it has them
RECORDED = [
    ("soccer/fdcouk_england_2015_16_2016_17_2019_20", "football-data", 6_108, 6_108, {}),
    (
        "nba/nba_closing_2008_2015",
        "sbr-games",
        10_272,
        10_272,
        {"American price 8 is in the impossible zone": 1},
    ),
    ("nba/nba_closing_2020", "sbr-games", 1_143, 1_143, {}),
    ("nba/nba_ml_dated_2020", "moneylines", 971, 971, {}),
    ("nba/nba_sbr_raw_layout_2019_20_partial", "sbr-rows", 791, 791, {}),
    ("mlb/mlb_open_close_ml_2014", "mlb-open-close", 2_462, 2_462, {}),
    ("mlb/mlb_open_close_ml_2015", "mlb-open-close", 2_465, 2_465, {}),
    ("mlb/mlb_open_close_ml_2016", "mlb-open-close", 2_462, 2_461, {}),
]


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "layout", "events", "scores", "rejected"), RECORDED)
def test_recorded_archives_are_read_whole(
    shared_data: Path,
    name: str,
    layout: str,
    events: int,
    scores: int,
    rejected: dict[str, int],
) -> None:
    body = decompressed((shared_data / "real" / f"{name}.csv.gz").read_bytes())
    document = read(body, layout, season="2019")
    ids = {event.event.event_id for capture in document.odds for event in capture.events}
    assert len(ids) == events
    assert sum(len(capture.statements) for capture in document.statements) == scores
    assert Counter(r.reason for r in document.rejections) == rejected


@pytest.mark.shared_data
def test_duplicate_matches_and_known_dirt_of_ten_seasons(shared_data: Path) -> None:
    path = shared_data / "real/soccer/fdcouk_england_2005_06_to_2014_15.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    # The folder has a second file of one league's season, and one day with wrong results.
    some = [line for line in lines[1:] if "/04/06," in line or line[:2] + line[8:11] == "E2/13"]
    random.Random(3).shuffle(some)
    document = read("\n".join([lines[0], *some]), "football-data")
    matches = {tuple(line.split(",")[:4]) for line in some}
    assert sum(len(c.statements) for c in document.statements) == len(matches) < len(some)
    assert Counter(r.reason for r in document.rejections)["result D contradicts the score"] >= 1


def test_parquet_is_read_like_csv() -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    table = csv.read_csv(
        io.BytesIO(f"{SOCCER}\n{MATCH}\n".encode()),
        convert_options=csv.ConvertOptions(column_types={"Date": pa.string(), "Time": pa.string()}),
    )
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    assert read(sink.getvalue(), "football-data").odds == soccer(MATCH).odds
