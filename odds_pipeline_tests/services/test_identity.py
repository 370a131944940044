"""Events of several sources become one by a person's word, and two again by another."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.services import identity
from odds_pipeline.services.import_files import Import, Stated, import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.storage import quality_log, readers, voids
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows

Bring = Callable[..., Import]
TICK = timedelta(microseconds=1)
SERIES = """event_id,home_team,away_team,commence_time,bookmaker,market,outcome_name,price,\
snapshot_utc
p1,Boston Celtics,New York Knicks,2026-03-08T00:30:00Z,pinnacle,h2h,Boston Celtics,1.5,\
20260307_200000
p1,Boston Celtics,New York Knicks,2026-03-08T00:30:00Z,pinnacle,h2h,New York Knicks,2.6,\
20260307_200000
p2,Utah Jazz,Miami Heat,2026-03-07T20:00:00Z,pinnacle,h2h,Utah Jazz,1.8,20260307_190000
p2,Utah Jazz,Miami Heat,2026-03-07T20:00:00Z,pinnacle,h2h,Miami Heat,2.0,20260307_190000
"""
ARCHIVE = """date,game,away_name,home_name,away_score,home_score,away_ml,home_ml
2026-03-07,1,New York Knicks,Boston Celtics,99,110,160,-180
2026-03-07,2,Miami Heat,Utah Jazz,101,100,105,-125
2026-03-07,3,Phoenix Sunz,Dallas Mavericks,90,80,105,-125
"""


@pytest.fixture
def bring(platform: Platform, tmp_path: Path) -> Bring:
    """Import a text as a file."""

    def brought(text: str, layout: str | None = None, sport: str | None = None) -> Import:
        path = tmp_path / f"{layout or 'series'}.csv"
        path.write_text(text)
        stated = Stated(sport=sport, layout=None if layout is None else LAYOUTS[layout])
        return import_paths(platform, [path], stated)

    return brought


def _events(platform: Platform, known_by: datetime | None = None) -> dict[str, tuple[str, ...]]:
    span = datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)
    with transaction(platform.engine) as conn:
        found = readers.events_between(conn, *span, known_by=known_by)
    columns = ["home_team", "start_precision", "status", "home_score", "home_margin"]
    rows = found.set_index("id")[columns].astype(str).fillna("")
    return {str(row[0]): tuple(row[1:]) for row in rows.itertuples(name=None)}


def _member_of(platform: Platform, kept: str) -> str:
    (item,) = (i for i in identity.questions(platform, None) if i.candidate == kept)
    return item.subject


def test_suggested_matches_are_accepted_and_undone(platform: Platform, bring: Bring) -> None:
    assert bring(SERIES).questions == 0
    assert bring(ARCHIVE, "moneylines").questions == 3
    apart = _events(platform)
    assert len(apart) == 5
    sure = identity.sure_questions(platform)
    assert sorted(item.candidate or "" for item in sure) == ["p1", "p2"]
    identity.accept(platform, [item.item_id for item in sure], "ann")

    united = _events(platform)
    assert united["p1"] == ("Boston Celtics", "exact", "final", "110", "11")
    assert united["p2"] == ("Utah Jazz", "exact", "final", "100", "-1")
    assert len(united) == 3
    merges = identity.listed(platform)
    first = merges[0]
    (second,) = (merge for merge in merges if merge.kept == "p2")
    assert _events(platform, first.known_time - TICK) == apart
    member = _member_of(platform, "p2")
    with transaction(platform.engine) as conn:
        closing = readers.closing_lines(conn, ["p2", member], markets=["h2h"])
        again = readers.closing_lines(conn, ["p2"], markets=["h2h"])
        alone = readers.closing_lines(conn, [member], first.known_time - TICK)
    assert closing.equals(again)
    assert closing["event_id"].unique().tolist() == ["p2"]
    # An archive's closing price stands just before the exact start of the event it is merged into.
    columns = ["bookmaker_key", "price", "gap_seconds"]
    told = closing.loc[closing["outcome_name"] == "Utah Jazz", columns]
    assert told.to_numpy().tolist() == [
        ["pinnacle", 1.8, 3_600.0],
        ["sbr_consensus", 1.8, 1.0],
    ]
    assert alone["event_id"].unique().tolist() == [member]
    assert alone["start_precision"].unique().tolist() == ["day"]

    identity.undo(platform, second.merge_id, "another game", "bob")
    assert _events(platform)["p2"] == apart["p2"]
    assert member in _events(platform)
    assert identity.look(platform) == 0  # what was answered is not asked again


def test_a_void_of_a_merged_event_holds_for_the_united_one(
    platform: Platform, bring: Bring
) -> None:
    bring(SERIES)
    bring(ARCHIVE, "moneylines")
    member = _member_of(platform, "p2")
    with transaction(platform.engine) as conn:
        key = voids.key_of(conn, member, "sbr_consensus", None, "Utah Jazz", None)
        span = datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
        voids.write(conn, key, *span, "a typing error", "ann")
    identity.merge_events(platform, "p2", member, "the same", "ann")
    with transaction(platform.engine) as conn:
        closing = readers.closing_lines(conn, ["p2"], bookmakers=["sbr_consensus"])
    reasons = closing.set_index("outcome_name")["missing_reason"]
    assert reasons["Utah Jazz"] == "voided"
    assert reasons.isna()["Miami Heat"]


def test_a_flag_of_a_merged_event_holds_for_its_captures_of_the_united_one(
    platform: Platform, bring: Bring
) -> None:
    bring(SERIES)
    bring(ARCHIVE, "moneylines")
    member = _member_of(platform, "p2")
    # The sharp book's prices are captures of the other event's alone.
    _flag(platform, member, "sbr_consensus", "pinnacle")
    *_, merge = identity.merge_events(platform, "p2", member, "the same", "ann")
    flagged = ["sbr_consensus"] * 2
    assert _flagged(platform) == flagged
    assert _flagged(platform, merge.known_time - TICK) == []
    identity.undo(platform, merge.merge_id, "another game", "bob")
    assert _flagged(platform) == []


def _flag(platform: Platform, event: str, *books: str) -> None:
    """Log that books' prices of an event are wrong in its captures of the day."""
    issue = {
        "event_id": event,
        "market_key": "h2h",
        "snapshot_time": datetime(2026, 3, 7, tzinfo=UTC),
        "until_time": datetime(2026, 3, 9, tzinfo=UTC),
        "evidence": {},
    }
    issues = [issue | {"bookmaker_key": book, "description": f"{book} is wrong"} for book in books]
    found = quality_log.Finding("known_faults", "known_fault", "error", 1, issues)
    with transaction(platform.engine) as conn:
        quality_log.record(conn, date(2026, 3, 7), [found])


def _flagged(platform: Platform, known_by: datetime | None = None) -> list[str]:
    """Whose closing lines of the kept event are flagged."""
    with transaction(platform.engine) as conn:
        lines = readers.closing_lines(conn, ["p2"], known_by, markets=["h2h"], valid_only=True)
    assert lines["flagged"].equals(lines["missing_reason"].eq("flagged").astype("boolean"))
    return sorted(lines.loc[lines["flagged"].astype(bool), "bookmaker_key"])


LEAGUE = """Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR,B365H,B365D,B365A
X9,08/03/2026,Alpha,Beta,2,1,H,1.5,4.0,7.0
X9,09/03/2026,Gamma,Delta,0,0,D,2.5,3.2,2.9
"""


def test_a_league_nobody_knows_is_asked_about_once_and_named_for_all_its_games(
    platform: Platform, bring: Bring
) -> None:
    brought = bring(LEAGUE, "football-data")
    assert (brought.files[0].quarantined, brought.questions) == (0, 1)
    (item,) = identity.questions(platform)
    assert (item.kind, item.sport_key, item.subject) == ("sport", "unknown_x9", "unknown_x9")
    identity.accept(platform, [item.item_id], "ann", "soccer_nowhere")
    sports = "SELECT sport_key, count(*) FROM events GROUP BY 1"
    assert rows(platform, sports) == [("soccer_nowhere", 2)]
    # The next file of it is of the league that was named, and nobody is asked again.
    assert bring(LEAGUE.replace("2026", "2025"), "football-data").questions == 0
    assert rows(platform, sports) == [("soccer_nowhere", 4)]


def test_a_name_nobody_knows_is_asked_about(platform: Platform, bring: Bring) -> None:
    bring(ARCHIVE, "moneylines")
    (item,) = identity.questions(platform)
    assert (item.kind, item.subject, item.candidate) == ("team", "Phoenix Sunz", None)
    with pytest.raises(UsageError, match="say what it is with --as"):
        identity.accept(platform, [item.item_id], "ann")
    identity.accept(platform, [item.item_id], "ann", "Phoenix Suns")
    (merge,) = identity.listed(platform)
    assert (merge.kept, merge.merged) == ("Phoenix Suns", "Phoenix Sunz")
    with transaction(platform.engine) as conn:
        rows = conn.execute("SELECT id FROM events WHERE away_team = 'Phoenix Suns'").fetchall()
        assert len(rows) == 1
        event = rows[0][0]
        lines = readers.closing_lines(conn, [event], markets=["h2h"])
        best = readers.best_odds(
            conn, event, "h2h", "Phoenix Suns", datetime(2026, 3, 8, tzinfo=UTC)
        )
        before = readers.closing_lines(conn, [event], merge.known_time - TICK, markets=["h2h"])
        moment = datetime(2026, 3, 8, tzinfo=UTC)
        offers = readers.offers_at(conn, event, moment, outcome="Phoenix Suns")
        now = readers.best_prices_now(conn, event, "h2h", "Phoenix Suns")
        assert [o.outcome_name for o in offers] == [b.outcome_name for b in now] == ["Phoenix Suns"]
    assert set(lines["outcome_name"]) == {"Dallas Mavericks", "Phoenix Suns"}
    assert best["outcome_name"].tolist() == ["Phoenix Suns"]
    assert set(before["outcome_name"]) == {"Dallas Mavericks", "Phoenix Sunz"}
    identity.undo(platform, merge.merge_id, "it is a club of its own", "bob")
    with transaction(platform.engine) as conn:
        lines = readers.closing_lines(conn, [event], markets=["h2h"])
    assert set(lines["outcome_name"]) == {"Dallas Mavericks", "Phoenix Sunz"}


def test_what_cannot_be_one_is_refused_in_one_line(platform: Platform, bring: Bring) -> None:
    bring(SERIES)
    bring(ARCHIVE, "moneylines")
    member = _member_of(platform, "p2")

    def refused(kept: str, other: str, why: str) -> None:
        with pytest.raises(UsageError, match=why):
            identity.merge_events(platform, kept, other, "the same", "ann")

    refused("p1", "p1", "itself")
    refused("p1", "p2", "the teams differ")
    refused(member, "p2", "keep that one")
    with pytest.raises(UsageError, match="needs a reason"):
        identity.merge_events(platform, "p2", member, " ", "ann")
    identity.merge_events(platform, "p2", member, "the same", "ann")
    refused("p2", member, "merged into p2 already")
    sport = "basketball_nba"
    identity.merge_team(platform, sport, "Utah Jazz", "Jazz", "short", "ann")
    for name, spelling, why in (
        ("Utah Jazz", "Jazz", "already"),
        ("Jazz", "The Jazz", "itself a spelling"),
        ("New Jazz", "Utah Jazz", "undo those first"),
    ):
        with pytest.raises(UsageError, match=why):
            identity.merge_team(platform, sport, name, spelling, "so", "ann")


def test_an_event_without_a_sport_gets_one(platform: Platform, bring: Bring) -> None:
    bring(SERIES.replace("Boston Celtics", "Owls"))
    (item,) = identity.questions(platform, kind="sport")
    assert item.subject == "p1"
    identity.accept(platform, [item.item_id], "ann", "icehockey_nhl")
    with transaction(platform.engine) as conn:
        sports = conn.execute("SELECT id, sport_key FROM events ORDER BY id").fetchall()
    assert sports == [("p1", "icehockey_nhl"), ("p2", "basketball_nba")]


def test_the_same_bytes_with_another_statement_are_refused(bring: Bring) -> None:
    assert bring(SERIES, sport="basketball_nba").files[0].status == "imported"
    assert bring(SERIES, sport="basketball_nba").files[0].status == "unchanged"
    assert bring(SERIES).files[0].status == "unchanged"  # nothing else is stated
    (other,) = bring(SERIES, sport="basketball_wnba").files
    assert other.status == "refused"
    assert other.reason == (
        "the same bytes were imported before with sport basketball_nba: what they are read as stays"
    )
