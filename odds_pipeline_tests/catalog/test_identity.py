"""Names, event strings, sports and suggested matches."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.catalog.event_names import Sides, sides_of
from odds_pipeline.catalog.matching import Known, nearest, resemble, suggestions
from odds_pipeline.catalog.natural_key import sha_key
from odds_pipeline.catalog.recognition import sport_named, sport_of_teams
from odds_pipeline.catalog.teams import CLOSED_LISTS

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
DAY = datetime(2026, 3, 7, tzinfo=UTC)
NBA = "basketball_nba"


@pytest.mark.parametrize(
    ("text", "home", "away"),
    [
        ("Boston Celtics @ New York Knicks", "New York Knicks", "Boston Celtics"),
        ("Boston Celtics at New York Knicks", "New York Knicks", "Boston Celtics"),
        ("Gold Coast Suns v Geelong Cats", "Gold Coast Suns", "Geelong Cats"),
        ("Arsenal vs Chelsea", "Arsenal", "Chelsea"),
        ("Arsenal vs. Chelsea", "Arsenal", "Chelsea"),
        ("Arsenal - Chelsea", "Arsenal", "Chelsea"),
        ("Paris Saint-Germain – Le Mans", "Paris Saint-Germain", "Le Mans"),  # noqa: RUF001
        ("  Arsenal   VS   Chelsea ", "Arsenal", "Chelsea"),
    ],
)
def test_event_strings_name_home_and_away(text: str, home: str, away: str) -> None:
    assert sides_of(text) == Sides(home, away)


@pytest.mark.parametrize(
    "text", ["Arsenal", "", " @ Chelsea", "A @ B @ C", "A v B at C", "Arsenal-Chelsea", "A - B - C"]
)
def test_what_names_no_two_sides_is_not_guessed(text: str) -> None:
    assert sides_of(text) is None


@given(st.text(max_size=40))
def test_any_text_is_two_sides_or_none(text: str) -> None:
    found = sides_of(text)
    assert found is None or (found.home.strip() and found.away.strip())


def test_sports_are_recognised_by_key_title_and_teams() -> None:
    assert sport_named("basketball_nba") == sport_named("NBA") == sport_named(" nba ") == NBA
    assert sport_named("Premier League") == "soccer_epl"
    assert sport_named("Quidditch") is None
    assert sport_of_teams("Sydney Swans", "GWS Giants") == "aussierules_afl"
    assert sport_of_teams("Boston Celtics", "LALakers") == NBA
    assert sport_of_teams("Boston Celtics", "Boston Red Sox") is None
    assert sport_of_teams("Boston", "Chelsea") is None


def test_a_natural_key_is_the_same_in_every_process() -> None:
    asked = (
        "from datetime import UTC, datetime;"
        "from odds_pipeline.catalog.natural_key import sha_key;"
        "print(sha_key('basketball_nba', ' boston  CELTICS', 'New York Knicks',"
        " datetime(2026, 3, 7, 12, tzinfo=UTC), False))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", asked],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {sha_key(NBA, "Boston Celtics", "new york knicks", NOON, False)}


def known(
    event_id: str,
    start: datetime = NOON,
    home: str = "Boston Celtics",
    away: str = "New York Knicks",
    document: int = 1,
    *,
    provided: bool = True,
    day_only: bool = False,
    sport: str = NBA,
) -> Known:
    return Known(event_id, provided, document, sport, home, away, start, day_only)


def archived(event_id: str, start: datetime = DAY, document: int = 2, **named: str) -> Known:
    return known(event_id, start, document=document, provided=False, day_only=True, **named)


def test_the_same_sides_on_the_same_local_day_are_surely_one() -> None:
    late = NOON.replace(day=8, hour=1)  # the evening of the seventh in New York
    (pair,) = suggestions([known("p", late), archived("n", home="BOS".lower(), away="ny")])
    assert (pair.kept.event_id, pair.member.event_id, pair.sure) == ("p", "n", True)


def test_a_day_apart_is_not_sure_and_two_days_are_two_games() -> None:
    (pair,) = suggestions([known("p"), archived("n", DAY + timedelta(days=1))])
    assert not pair.sure
    assert "a day apart" in pair.reason
    assert not suggestions([known("p"), archived("n", DAY + timedelta(days=2))])


def test_the_game_of_the_day_goes_before_that_of_the_next() -> None:
    found = suggestions(
        [
            known("p1"),
            known("p2", NOON + timedelta(days=1)),
            archived("n1"),
            archived("n2", DAY + timedelta(days=1)),
        ]
    )
    assert [(p.kept.event_id, p.member.event_id, p.sure) for p in found] == [
        ("p1", "n1", True),
        ("p2", "n2", True),
    ]


def test_doubleheaders_leave_a_choice() -> None:
    found = suggestions(
        [known("p1"), known("p2", NOON + timedelta(hours=4)), archived("n1"), archived("n2")]
    )
    assert len(found) == 4
    assert not any(pair.sure for pair in found)


def test_games_of_one_document_are_never_one() -> None:
    assert not suggestions([archived("n1"), archived("n2")])


def test_two_ids_of_providers_are_never_sure() -> None:
    (pair,) = suggestions([known("p1"), known("p2", NOON + timedelta(hours=1), document=2)])
    assert not pair.sure
    assert not suggestions([known("p1"), known("p2", NOON + timedelta(hours=3), document=2)])


def test_names_that_resemble_each_other_are_asked_about() -> None:
    swans = known("p", home="Sydney Swans", away="Carlton Blues", sport="rugby")
    plain = archived("n", home="Sydney", away="Carlton", sport="rugby")
    (pair,) = suggestions([swans, plain])
    assert not pair.sure
    assert "Sydney ~ Sydney Swans" in pair.reason or "Sydney Swans ~ Sydney" in pair.reason
    other = archived("n", home="Sydney", away="Geelong", sport="rugby")
    assert not suggestions([swans, other])


def test_nothing_is_suggested_across_sports_or_with_sides_turned() -> None:
    assert not suggestions([known("p"), archived("n", sport="basketball_wnba")])
    turned = archived("n", home="New York Knicks", away="Boston Celtics")
    assert not suggestions([known("p"), turned])


def test_the_nearest_name_is_the_only_one_like_it() -> None:
    afl = CLOSED_LISTS["aussierules_afl"].values()
    assert resemble("GWS Giants", "Greater Western Sydney Giants")
    assert resemble("LALakers", "LA Lakers")
    assert nearest("Geelong FC Cats", ["Geelong Cats", "Sydney Swans"]) == "Geelong Cats"
    assert nearest("Adelaide", afl) is None  # of two clubs
    assert nearest("0", afl) is None
