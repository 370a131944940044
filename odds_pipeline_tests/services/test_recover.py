"""What a dead process left is finished once: answers, claims, documents."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.services import calls
from odds_pipeline.services.answers import store_answer
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.services.spool import Answer, Spool
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.queries import OddsRequest, ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import entries, rows, slots_of, spent

HALF_HOUR = timedelta(minutes=30)


class Died(BaseException):
    """Stands for a kill: nothing in the platform may catch it."""


class DyingSpool(Spool):
    """Dies after an answer is on disk, or before it is removed."""

    def __init__(self, platform: Platform, at: str) -> None:
        super().__init__(platform.settings.home / "spool")
        self._at = at

    def write(self, answer: Answer) -> None:
        super().write(answer)
        if self._at == "written":
            raise Died

    def remove(self, call_id: Any) -> None:
        if self._at == "stored":
            raise Died
        super().remove(call_id)


class DyingProvider:
    """Pays for the answer and dies before it arrives."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        self._platform.provider().fetch(request)
        raise Died


def _die(platform: Platform, at: str) -> None:
    dying = replace(platform, spool=DyingSpool(platform, at))
    with pytest.raises(Died):
        collect_odds(dying)


def _die_in_flight(platform: Platform) -> None:
    with pytest.raises(Died):
        collect_odds(replace(platform, provider=lambda: DyingProvider(platform)))


def _spooled(platform: Platform) -> set[str]:
    names = (path.suffix for path in (platform.settings.home / "spool").iterdir())
    return set(names) - {".turn"}


def _facts(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(
        platform,
        """SELECT (SELECT count(*) FROM raw_responses), (SELECT count(*) FROM fetch_logs),
            (SELECT count(*) FROM snapshots) > 0, (SELECT count(*) FROM pending_raw)""",
    )


@pytest.mark.usefixtures("balanced")
@pytest.mark.parametrize("at", ["written", "stored"])
def test_a_spooled_answer_is_stored_once(platform: Platform, at: str) -> None:
    _die(platform, at)
    assert len(list(platform.spool.waiting())) == 1
    done = recover(platform)
    assert (done.answers, done.claims, done.normalised.documents) == (1, 0, 1)
    assert _facts(platform) == [(1, 1, True, 0)]
    assert slots_of(platform) == [("live", "ok", None)]
    assert entries(platform) == [("reserved", 3), ("settled", 3)]
    again = recover(platform)
    assert (again.answers, again.claims, again.normalised.documents) == (0, 0, 0)
    assert collect_odds(platform).made == ()


def _undo_renames(platform: Platform) -> Path:
    """As a power cut may do behind the sync of an answer."""
    (answer,) = (platform.settings.home / "spool").glob("*.answer")
    return answer.replace(answer.with_suffix(".part"))


@pytest.mark.usefixtures("balanced")
def test_an_answer_whose_rename_a_power_cut_undid_is_stored(platform: Platform) -> None:
    _die(platform, "written")
    _undo_renames(platform)
    assert list(platform.spool.abandoned()) == []
    done = recover(platform)
    assert (done.answers, done.claims) == (1, 0)
    assert slots_of(platform) == [("live", "ok", None)]
    assert _spooled(platform) == set()


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:-1] + b"?", lambda b: b + b"?"])
def test_an_answer_that_is_not_whole_is_none(
    platform: Platform, damage: Callable[[bytes], bytes]
) -> None:
    _die(platform, "written")
    part = _undo_renames(platform)
    part.write_bytes(damage(part.read_bytes()))
    done = recover(platform)
    assert (done.answers, done.claims) == (0, 1)
    assert slots_of(platform) == [("live", "gap", "charge unknown")]


@pytest.mark.usefixtures("balanced")
def test_the_next_call_stores_it_too_and_books_it_first(
    platform: Platform, clock: SteppedClock
) -> None:
    _die(platform, "written")
    clock.advance(HALF_HOUR)
    collect_odds(platform)
    assert [status for _, status, _ in slots_of(platform)] == ["ok", "ok"]
    assert entries(platform) == [("reserved", 3), ("settled", 3)] * 2


@pytest.mark.usefixtures("balanced")
def test_an_answer_spooled_while_another_call_waits_its_turn_is_booked_first(
    platform: Platform, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = calls._claim

    def claim_and_wait(*args: Any) -> Any:
        monkeypatch.setattr(calls, "_claim", claim)
        mine = claim(*args)
        clock.advance(HALF_HOUR)
        _die(platform, "written")
        return mine

    monkeypatch.setattr(calls, "_claim", claim_and_wait)
    collect_odds(platform)
    assert recover(platform).answers == 0
    assert {entry for entry, _ in entries(platform)} == {"reserved", "settled"}


def test_storing_an_answer_again_changes_nothing(platform: Platform) -> None:
    _die(platform, "written")
    (answer,) = platform.spool.waiting()
    first = store_answer(platform, answer)
    finish_pending(platform)
    before = _facts(platform), entries(platform), slots_of(platform)
    assert store_answer(platform, answer) == first
    assert finish_pending(platform).documents == 0
    assert (_facts(platform), entries(platform), slots_of(platform)) == before


@pytest.mark.usefixtures("balanced")
def test_a_charge_in_flight_is_unknown_until_the_next_answer(
    platform: Platform, clock: SteppedClock
) -> None:
    collect_odds(platform)
    clock.advance(HALF_HOUR)
    _die_in_flight(platform)
    assert spent(platform) == (3, 3)
    assert recover(platform).claims == 1
    assert _spooled(platform) == set()
    assert slots_of(platform)[-1] == ("live", "gap", "charge unknown")
    assert spent(platform) == (3, 0)
    clock.advance(HALF_HOUR)
    collect_odds(platform)
    assert entries(platform)[2:] == [
        *(("reserved", 3), ("unknown", 0), ("reserved", 3), ("settled", 3), ("correction", 3))
    ]


def test_the_claim_of_a_dead_machine_ends_with_its_lease(platform: Platform) -> None:
    _die_in_flight(platform)
    here = replace(platform, spool=Spool(platform.settings.home / "another machine"))
    assert recover(here).claims == 0
    assert collect_odds(here).made == ()
    _expire(platform)
    assert recover(here).claims == 1
    assert slots_of(platform) == [("live", "gap", "charge unknown")]


@pytest.mark.usefixtures("balanced")
def test_the_claim_of_a_call_in_flight_is_left_alone(platform: Platform) -> None:
    class Recovering:
        def fetch(self, request: ProviderRequest) -> ProviderResponse:
            assert recover(platform).claims == 0
            return platform.provider().fetch(request)

    assert len(collect_odds(replace(platform, provider=Recovering)).made) == 1
    assert slots_of(platform) == [("live", "ok", None)]


def test_a_claim_given_up_for_dead_whose_answer_turns_up_is_made_all_the_same(
    platform: Platform,
) -> None:
    """Its machine was cut off for longer than a lease, and came back with the answer."""
    _die(platform, "written")
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE slots SET claim_expires = clock_timestamp() WHERE status = 'claimed'")
    elsewhere = replace(platform, spool=Spool(platform.settings.home / "another machine"))
    assert recover(elsewhere).claims == 1
    assert slots_of(platform) == [("live", "gap", "charge unknown")]
    assert recover(platform).answers == 1
    assert slots_of(platform) == [("live", "ok", None)]
    assert [entry for entry, _ in entries(platform)] == ["reserved", "unknown", "settled"]


def test_a_claim_that_was_closed_while_it_waited_its_turn_is_not_paid(
    platform: Platform, provider: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = calls._claim

    def claim_and_sleep(*args: Any) -> Any:
        mine = claim(*args)
        _expire(platform)
        recover(replace(platform, spool=Spool(platform.settings.home / "another machine")))
        return mine

    monkeypatch.setattr(calls, "_claim", claim_and_sleep)
    assert collect_odds(platform).made == ()
    assert provider.credits_charged("demo") == 0
    assert slots_of(platform) == [("live", "gap", "charge unknown")]
    assert _spooled(platform) == set()


def test_an_answer_settled_late_is_not_booked_twice(
    platform: Platform, clock: SteppedClock
) -> None:
    """It waits in the spool of a machine that was cut off while another one went on."""
    collect_odds(platform)
    clock.advance(HALF_HOUR)
    _die(platform, "written")
    clock.advance(HALF_HOUR)
    elsewhere = replace(platform, spool=Spool(platform.settings.home / "another machine"))
    collect_odds(elsewhere)
    assert spent(platform) == (9, 3)
    assert recover(platform).answers == 1
    clock.advance(HALF_HOUR)
    collect_odds(elsewhere)
    assert spent(platform) == (12, 0)


@pytest.mark.usefixtures("balanced")
def test_a_call_that_died_is_asked_again_and_its_reservation_closed(platform: Platform) -> None:
    _die_in_flight(platform)
    assert len(collect_odds(platform).made) == 1
    assert slots_of(platform) == [("live", "ok", None)]
    assert [entry for entry, _ in entries(platform)] == [
        *("reserved", "unknown", "reserved", "settled", "opening")
    ]


@pytest.mark.usefixtures("balanced")
def test_an_expired_claim_whose_answer_was_spooled_is_not_paid_again(platform: Platform) -> None:
    _die(platform, "written")
    _expire(platform)
    assert collect_odds(platform).made == ()
    assert spent(platform) == (3, 0)
    assert slots_of(platform) == [("live", "ok", None)]


def _expire(platform: Platform) -> None:
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE slots SET claim_expires = clock_timestamp() WHERE status = 'claimed'")


@pytest.mark.usefixtures("balanced")
def test_a_stored_document_is_normalised_later(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Platform) -> None:
        raise Died

    monkeypatch.setattr(calls, "finish_pending", die)
    with pytest.raises(Died):
        collect_odds(platform)
    assert slots_of(platform) == [("live", "fetched", None)]
    assert _facts(platform) == [(1, 1, False, 1)]
    assert recover(platform).normalised.documents == 1
    assert slots_of(platform) == [("live", "ok", None)]
    assert _facts(platform) == [(1, 1, True, 0)]


def _odds(event_id: str, outcome: str = "Home") -> bytes:
    return (
        f'[{{"id":"{event_id}","sport_key":"basketball_nba","sport_title":"NBA",'
        '"commence_time":"2026-03-10T20:00:00Z","home_team":"Home","away_team":"Away",'
        '"bookmakers":[{"key":"pinnacle","title":"Pinnacle","last_update":"2026-03-10T12:00:00Z",'
        '"markets":[{"key":"h2h","last_update":"2026-03-10T12:00:00Z","outcomes":['
        f'{{"name":"{outcome}","price":-110}},{{"name":"Away","price":-110}}]}}]}}]}}]'
    ).encode()


def _store(platform: Platform, body: bytes) -> int:
    record = raw.RawRecord(
        uuid4(),
        "the_odds_api",
        "odds",
        OddsRequest("basketball_nba", ("h2h",), ("pinnacle",)).described(),
        body,
        datetime(2026, 3, 10, 12, tzinfo=UTC),
        CaptureBasis.CLOCK,
    )
    with transaction(platform.engine) as conn:
        return raw.store(conn, record).raw_id


POISON = {
    "cut": b'[{"id": ',
    "not JSON": b"\x00\xff\x00",
    "event id beyond an index": _odds("".join(uuid4().hex for _ in range(300))),
    "name beyond an index": _odds("e", "".join(uuid4().hex for _ in range(300))),
    "huge number": _odds("e").replace(b"-110", b"1e999"),
    "far year": _odds("e").replace(b"2026-03-10T20", b"9999-12-31T23"),
    "null byte": _odds("e\\u0000"),
    "lone surrogate": _odds("e", "\\ud800"),
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_a_poison_document_does_not_stop_the_others(platform: Platform, body: bytes) -> None:
    _store(platform, _odds("before"))
    poison = _store(platform, body)
    _store(platform, _odds("after"))
    done = finish_pending(platform)
    assert done.documents == 3
    assert rows(platform, "SELECT count(*) FROM pending_raw") == [(0,)]
    events = {event for (event,) in rows(platform, "SELECT event_id FROM event_ids")}
    assert {"before", "after"} <= events
    with transaction(platform.engine) as conn:
        assert raw.read(conn, poison).body == body


def test_a_spool_shared_with_another_process_may_lose_files_while_it_is_read(
    platform: Platform,
) -> None:
    _die(platform, "written")
    (answer,) = platform.spool.waiting()
    (platform.settings.home / "spool" / "half.part").write_bytes(b"torn")
    (platform.settings.home / "spool" / "torn.answer").write_bytes(b"torn")
    (platform.settings.home / "spool" / "gone.answer").symlink_to("nowhere")
    assert list(platform.spool.waiting()) == [answer]
    assert ".unreadable" in _spooled(platform)


def test_copies_for_plain_sql_expire_and_the_bytes_stay(platform: Platform) -> None:
    collect_odds(platform)
    days = platform.settings.hot_raw_days
    with transaction(platform.engine) as conn:
        conn.execute(
            "UPDATE hot_documents SET created_at = created_at - make_interval(days => %s)",
            (days + 1,),
        )
    recover(platform)
    assert rows(platform, "SELECT count(*) FROM hot_documents") == [(0,)]
    assert rows(platform, "SELECT count(*) FROM raw_bodies") == [(1,)]
