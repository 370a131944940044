"""Numbers outlive a transaction only when it was committed, and none is drawn in vain."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import remembered
from odds_pipeline.storage.dimensions import Dimensions, Stated
from odds_pipeline.storage.engine import Connection, transaction

HALF_HOUR = timedelta(minutes=30)
NUMBERED = {
    "sports": "sport_id",
    "bookmakers": "bookmaker_id",
    "markets": "market_id",
    "names": "name_id",
    "selections": "selection_id",
    "matchups": "matchup_id",
    "event_ids": "event_no",
    "scopes": "scope_id",
    "layouts": "layout_id",
    "captures": "capture_id",
}


class Broken(Exception):
    """Stands for whatever may go wrong in a batch."""


@contextmanager
def _numbers_kept(engine: Engine) -> Iterator[tuple[Connection, Dimensions]]:
    with remembered.memory(engine, remembered.nothing) as (conn, memory, _):
        yield conn, memory.dims


def _numbers(engine: Engine) -> dict[str, tuple[int, int]]:
    """Rows of each numbered table, and how many numbers were drawn for it."""
    found = {}
    with transaction(engine) as conn:
        for table, column in NUMBERED.items():
            row = conn.execute(
                f"""SELECT count(*), coalesce(pg_sequence_last_value(
                    pg_get_serial_sequence('{table}', '{column}')::regclass), 0)
                FROM {table}"""  # noqa: S608
            ).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found


def test_no_number_is_drawn_in_vain(platform: Platform, clock: SteppedClock) -> None:
    for tick in range(4):
        collect_odds(platform)
        if tick % 2:
            platform.engine.dispose()  # the next tick remembers nothing, as in a new process
        clock.advance(HALF_HOUR)
    numbers = _numbers(platform.engine)
    assert all(rows == drawn > 0 for rows, drawn in numbers.values()), numbers


def test_what_was_committed_is_remembered(engine: Engine) -> None:
    with _numbers_kept(engine) as (conn, dims):
        dims.resolve(conn, Stated(names={"Over"}))
    with _numbers_kept(engine) as (_, again):
        assert again.name_ids == dims.name_ids


@pytest.mark.parametrize("failure", [Broken, KeyboardInterrupt])
def test_what_was_rolled_back_is_forgotten(engine: Engine, failure: type[BaseException]) -> None:
    with _numbers_kept(engine) as (conn, dims):
        dims.resolve(conn, Stated(names={"Over"}))
    with pytest.raises(failure), _numbers_kept(engine) as (conn, dims):
        dims.resolve(conn, Stated(names={"Under"}))
        raise failure
    with _numbers_kept(engine) as (conn, dims):
        assert dims.name_ids == {}
        dims.resolve(conn, Stated(names={"Over", "Under"}))
        stored = dict(conn.execute("SELECT name, name_id FROM names").fetchall())
    assert dims.name_ids == stored


def test_a_commit_that_fails_is_forgotten(engine: Engine) -> None:
    with transaction(engine) as conn:
        conn.execute("CREATE TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(IntegrityError), _numbers_kept(engine) as (c, dims):
        dims.resolve(c, Stated(names={"Under"}))
        c.execute("INSERT INTO late VALUES (1), (1)")
    with _numbers_kept(engine) as (_, dims):
        assert dims.name_ids == {}


def test_a_new_title_is_taken_though_the_key_is_remembered(engine: Engine) -> None:
    for title in ("NBA", "NBA", "Basketball", None):
        with _numbers_kept(engine) as (conn, dims):
            stated = Stated(sports={"nba": title}, bookmakers={"book": title})
            stated.matchups.add((None, None))
            dims.resolve(conn, stated)
    with transaction(engine) as conn:
        for table in ("sports", "bookmakers"):
            found = conn.execute(f"SELECT title FROM {table}").fetchall()  # noqa: S608
            assert found == [("Basketball",)]
    numbers = _numbers(engine)
    assert {numbers[table] for table in ("sports", "bookmakers", "matchups")} == {(1, 1)}
