"""An event that cannot be written harms nothing but itself."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from odds_pipeline.services import dead_letters
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.validate import validate_day
from odds_pipeline.storage import facts
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows, slots_of
from odds_pipeline_tests.services.documents import NOON, event, store

HALF_HOUR = timedelta(minutes=30)
LATER = NOON + HALF_HOUR


def _refuse(platform: Platform, constraint: str, table: str = "event_ids") -> None:
    with transaction(platform.engine) as conn:
        conn.execute(f"ALTER TABLE {table} ADD CHECK ({constraint})")


def _states(platform: Platform) -> dict[str, list[int]]:
    """The states (0 priced, 1 removed, 2 unusable) of each event's newest quotes."""
    found = rows(
        platform,
        """SELECT event_id, array_agg(state ORDER BY selection_id) FROM (
            SELECT DISTINCT ON (event_no, selection_id) event_no, selection_id, state FROM quotes
            ORDER BY event_no, selection_id, capture_time DESC, known_time DESC) q
        JOIN event_ids USING (event_no) GROUP BY event_id""",
    )
    return dict(found)


def _letters(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(
        platform, "SELECT raw_id, event_id, location, reason, status FROM quarantine ORDER BY id"
    )


def _unlisted(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(
        platform,
        "SELECT event_id FROM snapshots JOIN event_ids USING (event_no) WHERE unlisted",
    )


@pytest.mark.parametrize("place", [0, 3, 6])
def test_what_the_database_refuses_leaves_the_rest_of_its_document(
    platform: Platform, place: int
) -> None:
    _refuse(platform, "event_id <> 'bad'")
    ids = [f"e{number}" for number in range(7)]
    ids[place] = "bad"
    before = store(platform, [event("before")])
    poisoned = store(platform, [event(one) for one in ids], LATER)
    after = store(platform, [event("after")], LATER + HALF_HOUR)
    done = finish_pending(platform)
    assert (done.documents, done.failed, done.quarantined) == (3, 0, 1)
    assert set(_states(platform)) == {"before", "after", *ids} - {"bad"}
    assert rows(platform, "SELECT raw_id, status FROM normalisations ORDER BY known_time") == [
        (raw_id, "ok") for raw_id in (before, poisoned, after)
    ]
    ((raw_id, event_id, location, reason, status),) = _letters(platform)
    assert (raw_id, event_id, location, status) == (poisoned, "bad", "event bad", "open")
    assert reason.startswith("cannot be written: CheckViolation: ")
    assert finish_pending(platform).documents == 0
    assert len(_letters(platform)) == 1


def test_prices_of_an_event_whose_boards_are_refused_become_unusable(platform: Platform) -> None:
    store(platform, [event("good"), event("hurt")])
    finish_pending(platform)
    _refuse(platform, "name <> 'Evil'", "names")
    store(platform, [event("good"), event("hurt", names=("Evil", "Away"))], LATER)
    finish_pending(platform)
    assert _states(platform) == {"good": [0, 0], "hurt": [2, 2]}
    assert [letter[1] for letter in _letters(platform)] == ["hurt"]
    assert _unlisted(platform) == []
    store(platform, [event("good"), event("hurt")], LATER + HALF_HOUR)
    finish_pending(platform)
    assert _states(platform) == {"good": [0, 0], "hurt": [0, 0]}


def test_an_event_that_crashes_the_writer_is_not_taken_for_one_that_left_the_feed(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(platform, [event("good"), event("hurt"), event("left")])
    finish_pending(platform)
    write = facts.FactWriter.write

    def crash(writer: facts.FactWriter) -> facts.Written:
        stated = {e.event.event_id for i in writer.items for c in i.document.odds for e in c.events}
        if "hurt" in stated:
            raise ZeroDivisionError("planted")
        return write(writer)

    monkeypatch.setattr(facts.FactWriter, "write", crash)
    store(platform, [event("good", (1.5, 2.9)), event("hurt")], LATER)
    done = finish_pending(platform)
    assert (done.failed, done.quarantined) == (0, 1)
    assert [letter[1:4] for letter in _letters(platform)] == [
        ("hurt", "event hurt", "cannot be written: ZeroDivisionError: planted")
    ]
    # The listing is not complete any more, so it proves nothing about `left` either.
    assert _states(platform) == {"good": [0, 0], "hurt": [0, 0], "left": [0, 0]}
    assert _unlisted(platform) == []
    monkeypatch.undo()
    store(platform, [event("good"), event("hurt")], LATER + HALF_HOUR)
    finish_pending(platform)
    assert _unlisted(platform) == [("left",)]


def test_a_statement_that_is_refused_leaves_the_others(platform: Platform) -> None:
    _refuse(platform, "event_id <> 'bad'")
    store(platform, [event(one) for one in ("one", "bad", "two")], endpoint="events")
    finish_pending(platform)
    told = rows(platform, "SELECT event_id FROM event_statements JOIN event_ids USING (event_no)")
    assert {event_id for (event_id,) in told} == {"one", "two"}
    assert [letter[1] for letter in _letters(platform)] == ["bad"]


def test_the_hunt_is_bounded(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOST_TRIALS", 6)
    _refuse(platform, "event_id NOT LIKE 'bad%'")
    ids = [f"bad{number}" for number in range(40)]
    store(platform, [event(one) for one in ids])
    finish_pending(platform)
    assert {letter[1] for letter in _letters(platform)} == set(ids)
    reasons = [letter[3] for letter in _letters(platform)]
    assert any(reason.endswith(dead_letters.UNPROVEN) for reason in reasons)


def test_a_document_refused_whatever_is_left_out_is_set_aside_whole(platform: Platform) -> None:
    _refuse(platform, "false", "captures")
    poisoned = store(platform, [event("one")])
    done = finish_pending(platform)
    assert (done.documents, done.failed) == (1, 1)
    ((raw_id, event_id, location, reason, _),) = _letters(platform)
    assert (raw_id, event_id, location) == (poisoned, None, "document")
    assert reason.startswith("CheckViolation: ")
    assert rows(platform, "SELECT count(*) FROM pending_raw") == [(0,)]


def test_a_parser_that_crashes_sets_the_document_aside(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: object) -> None:
        raise KeyError("planted\x00\ud800")

    monkeypatch.setattr("odds_pipeline.services.normalise.parse_document", crash)
    store(platform, [event("one")])
    assert finish_pending(platform).failed == 1
    assert _letters(platform)[0][3].startswith("KeyError: ")


@pytest.mark.parametrize("sqlstate", ["53100", "57014", "42P01", "25006", "40001", None])
def test_what_is_not_the_documents_fault_sets_nothing_aside(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, sqlstate: str | None
) -> None:
    """A full disk, a cancelled statement, a missing table, a read-only server, a lost one."""
    kind = psycopg.errors.lookup(sqlstate) if sqlstate else psycopg.OperationalError

    def fail(*_: object) -> None:
        raise kind("planted")

    store(platform, [event("one")])
    monkeypatch.setattr(facts.FactWriter, "write", fail)
    with pytest.raises(kind):
        finish_pending(platform)
    monkeypatch.undo()
    assert _letters(platform) == []
    assert finish_pending(platform).documents == 1
    assert _states(platform) == {"one": [0, 0]}


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        (b"<html>busy</html>", ("gap", "unreadable response")),
        (b'[{"id": ', ("gap", "unreadable response")),
        (b'[{"id": 7, "bookmakers": []}]', ("gap", "nothing usable in the response")),
        (b"[]", ("ok", None)),
    ],
)
def test_a_slot_whose_document_says_nothing_usable_ends_as_a_gap(
    platform: Platform, body: bytes, ended: tuple[str, str | None]
) -> None:
    collect_odds(platform)
    raw_id = store(platform, body)
    with transaction(platform.engine) as conn:
        # As if the slot had been fetched by the call that brought this body.
        conn.execute(
            """UPDATE slots SET status = 'fetched',
                call_id = (SELECT call_id FROM raw_responses WHERE raw_id = %s)
            WHERE status = 'ok'""",
            (raw_id,),
        )
    finish_pending(platform)
    assert slots_of(platform) == [("live", *ended)]


def test_a_dead_letter_is_reported_by_its_own_rule_and_not_as_a_lost_quote(
    platform: Platform,
) -> None:
    _refuse(platform, "event_id <> 'bad'")
    store(platform, [event(one) for one in ("one", "bad", "two")])
    finish_pending(platform)
    failed = {r.rule.name: r for r in validate_day(platform, NOON.date()) if not r.passed}
    assert list(failed["dead_letters"].issues["event_id"]) == ["bad"]
    assert "reconciliation" not in failed
    (share,) = failed["quarantine_share"].issues["evidence"]
    assert (share["parts"], share["quarantined"]) == (3, 1)


def test_a_slip_among_many_boards_is_no_drift(platform: Platform) -> None:
    store(platform, [event(f"e{number}") for number in range(19)] + [event("odd", ("much", 2.0))])
    finish_pending(platform)
    results = {r.rule.name: r for r in validate_day(platform, NOON.date())}
    assert (results["quarantine_share"].checked, results["quarantine_share"].passed) == (1, True)
    assert not results["quarantined"].passed
