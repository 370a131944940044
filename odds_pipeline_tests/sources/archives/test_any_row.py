"""Malformed files of every archive kind: no crash, no row lost, every reject explained.

`ODDS_FUZZ=10000` runs as many of them as the long form is asked for.
"""

import csv
import io
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.catalog.observations import CaptureBasis, Document, RawDocument
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.services.import_files import Stated, try_paths
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.sources.archives.reading import NOT_STATED
from odds_pipeline.sources.parse import parse_document
from odds_pipeline_tests.sources.conftest import READ
from odds_pipeline_tests.sources.hostile import CELLS

NUMBER = int(os.environ.get("ODDS_FUZZ", "300"))

ROWS = {
    "football-data": (
        "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A,PSCH,PSCD,PSCA,Max>2.5,"
        "Max<2.5,AHh,B365AHH,B365AHA",
        "E0,{d}/08/2019,12:30,Arsenal,Burnley,2,1,H,1.5,4.2,7.0,1.55,4.1,6.5,1.6,2.5,-1,1.9,2.0",
    ),
    "sbr-games": (
        "dates,away,home,whos_favored,moneyline_away,moneyline_home,spread,total,score_away,"
        "score_home",
        "10/{d}/2019,no,tor,home,230,-280,6.5,229.5,122,130",
    ),
    "moneylines": (
        "date,game,away_name,home_name,away_score,home_score,away_ml,home_ml",
        "2019-10-{d},1,New Orleans Pelicans,Toronto Raptors,122,130,230,-280",
    ),
    "mlb-open-close": (
        "date,game,away_name,home_name,away_score,home_score,away_open_ml,home_open_ml,"
        "away_close_ml,home_close_ml,away_run_line,home_run_line,away_run_line_odds,"
        "home_run_line_odds,open_ou_line,close_ou_line",
        "2014-04-{d},1,Los Angeles Dodgers,Arizona Diamondbacks,3.0,1.0,-170,150,-165,145,-1.5,1.5,"
        "-104,-116,6.5,7.0",
    ),
    "afl-results": (
        "year,round,date,venue,home_team,away_team,actual_winner,actual_margin",
        "2026,0,2026-03-{d},SCG,Sydney,Carlton,Sydney,63.0",
    ),
}


def malformed(layout: str, random: Random) -> tuple[list[str], list[list[str]]]:
    """A header and rows of one day each, of which some have broken cells."""
    header, row = ROWS[layout]
    rows = [row.format(d=day).split(",") for day in range(10, 10 + random.randint(1, 6))]
    for _ in range(random.randint(1, 5)):
        cells = random.choice(rows)
        if not cells:
            continue
        place = random.randrange(len(cells))
        match random.randrange(6):
            case 0:
                del cells[place]
            case 1:
                cells.insert(place, random.choice(CELLS))
            case 2:
                rows.append(list(cells))
            case _:
                cells[place] = random.choice(CELLS)
    return header.split(","), rows


def written(header: list[str], rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("utf-8", "replace")


def read(layout: str, body: bytes) -> Document:
    told = {"layout": layout, "season": "2019"}
    return parse_document(RawDocument("file", "archive", told, body, READ, CaptureBasis.FILE, READ))


def events(document: Document) -> set[str]:
    priced = {odds.event.event_id for capture in document.odds for odds in capture.events}
    return priced | {s.event.event_id for c in document.statements for s in c.statements}


@settings(max_examples=NUMBER, deadline=None)
@given(st.sampled_from(sorted(ROWS)), st.integers(0, 2**32))
def test_no_row_is_lost_and_every_reject_is_explained(layout: str, seed: int) -> None:
    header, rows = malformed(layout, Random(seed))
    try:
        document = read(layout, written(header, rows))
    except MalformedResponse as refused:
        assert "\n" not in str(refused)
        return
    named = {rejection.where.split(".")[0] for rejection in document.rejections}
    for rejection in document.rejections:
        assert rejection.reason
        assert "\n" not in rejection.reason
        assert len(rejection.evidence) <= 2_000
    found = events(document)
    for row in rows:
        if all(cell.strip() in NOT_STATED for cell in row):
            continue
        alone = read(layout, written(header, [row]))
        said = events(alone)
        # A row says something of an event, or it is named with the reason.
        assert said or alone.rejections
        assert said <= found or named
    assert read(layout, written(header, rows)) == document


def test_every_layout_is_tried() -> None:
    assert set(ROWS) == set(LAYOUTS) - {"sbr-rows"}  # its rows go in pairs


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_a_malformed_file_is_read_or_refused_with_a_reason(layout: str, tmp_path: Path) -> None:
    """Through the door of the importer, recognised by content."""
    random = Random(layout)
    paths = []
    for number in range(NUMBER // 10):
        made, kind = tmp_path / f"{number}.csv", random.choice(sorted(ROWS))
        body = written(*malformed(kind, random))
        cut = random.randrange(len(body)) if random.random() < 0.3 else len(body)
        made.write_bytes(body[:cut])
        paths.append(made)
    told = try_paths(paths, Stated(season=2019, layout=LAYOUTS[layout])).files
    assert len(told) == len(paths)
    for file in told:
        assert file.status in {"readable", "refused", "failed"}
        assert (file.reason is not None) == (file.status != "readable")
