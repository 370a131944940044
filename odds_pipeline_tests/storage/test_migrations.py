"""Alembic up, down and sideways on real databases, as a user runs it."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

from odds_pipeline import composition
from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import SchemaOutOfDate
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import open_engine, require_schema
from odds_pipeline.storage.tables import metadata
from odds_pipeline_tests.conftest import REPOSITORY, migrate, migrate_here

OBJECTS = """
SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'relation ' || c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
UNION ALL
SELECT 'trigger ' || t.tgname FROM pg_trigger t WHERE NOT t.tgisinternal
"""


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """A database without anything in it."""
    name = f"odds_{uuid.uuid4().hex}"
    plain = f"{server_url}/postgres".replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{server_url}/{name}"
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _objects(url: str) -> set[str]:
    with _connect(url) as conn:
        return {row[0] for row in conn.execute(OBJECTS)}


def _populate(conn: psycopg.Connection[Any]) -> None:
    record = raw.RawRecord(
        uuid.uuid4(),
        "test",
        "odds",
        {},
        b"body",
        datetime(2026, 3, 1, tzinfo=UTC),
        CaptureBasis.CLOCK,
    )
    with conn.transaction():
        raw.store(conn, record)
    conn.execute("SELECT ensure_month('2026-03-01Z', ARRAY['raw_bodies', 'snapshots', 'quotes'])")
    conn.execute("INSERT INTO names (name) VALUES ('Over')")
    conn.execute("INSERT INTO quotes VALUES ('2026-03-01Z', '2026-03-01Z', 1.9, 3.5, 1, 1, 0)")


def _content(conn: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: sorted(
            conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.name))), key=repr
        )
        for table in metadata.sorted_tables
    }


def test_upgrade_and_downgrade_leave_nothing_behind(empty_url: str) -> None:
    migrate(empty_url)
    full = _objects(empty_url)
    assert {f"relation {table.name}" for table in metadata.sorted_tables} <= full
    assert {"relation odds", "relation events", "relation odds_snapshots"} <= full
    migrate(empty_url, "downgrade", "0001")
    tables = {f"relation {table.name}" for table in metadata.sorted_tables}
    later = (
        *("fact_state", "event_selections", "event_starts", "voids", "void_lifts"),
        *("archives", "archived_events", "quality_flags", "quality_decisions"),
        *("model_probabilities", "pricings", "fair_prices", "edges", "edge_sights"),
        *("closing_prices", "line_movements", "bookmaker_scorecards", "edge_statistics"),
        *("edge_values", "calibrations", "experiments", "dataset_snapshots"),
        *("sweep_points", "backtest_ledgers"),
        *("merges", "merge_undos", "review_items"),
        *("alerts", "alert_deliveries", "stage_runs"),
    )
    tables -= {f"relation {name}" for name in later}
    assert _objects(empty_url) == tables | {"relation alembic_version"}
    migrate(empty_url)
    assert _objects(empty_url) == full
    migrate(empty_url, "downgrade", "base")
    assert _objects(empty_url) == {"relation alembic_version"}


def test_tables_keep_their_rows_through_down_and_up(database_url: str) -> None:
    with _connect(database_url) as conn:
        _populate(conn)
        before = _content(conn)
    assert {name for name, rows in before.items() if rows} == {
        *("raw_responses", "raw_bodies", "pending_raw", "names", "quotes", "fact_state"),
        "event_selections",
    }
    migrate(database_url, "downgrade", "0001")
    migrate(database_url)
    with _connect(database_url) as conn:
        after = _content(conn)
        # A schema made anew: nobody may go on from what was remembered of the old one.
        assert after.pop("fact_state") != before.pop("fact_state")
        assert after == before
        with pytest.raises(psycopg.errors.RestrictViolation):
            conn.execute("DELETE FROM raw_responses")


def test_a_downgrade_brings_back_the_views_and_functions_of_its_revision(empty_url: str) -> None:
    scripts = ScriptDirectory.from_config(Config(toml_file=REPOSITORY / "pyproject.toml"))
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    texts = []
    for revision in revisions:
        migrate_here(empty_url, revision, up=True)
        texts.append(_texts(empty_url))
    assert texts[-1] != texts[1]
    for revision, before in zip(revisions[-2::-1], texts[-2::-1], strict=True):
        migrate_here(empty_url, revision)
        assert _texts(empty_url) == before


def _texts(url: str) -> list[tuple[Any, ...]]:
    with _connect(url) as conn:
        return conn.execute(
            """SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
            UNION ALL
            SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace
            ORDER BY 1"""
        ).fetchall()


def test_a_populated_database_goes_down_to_nothing(database_url: str) -> None:
    with _connect(database_url) as conn:
        _populate(conn)
    migrate(database_url, "downgrade", "base")
    assert _objects(database_url) == {"relation alembic_version"}


def test_the_statements_can_be_printed_without_a_database(empty_url: str) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    script = migrate(nowhere, "upgrade", "head", "--sql")
    assert script.startswith("BEGIN;")
    assert "CREATE VIEW odds " in script
    with _connect(empty_url) as conn:
        conn.execute(script)
    migrate(empty_url, "check")
    migrate(nowhere, "downgrade", "head:base", "--sql")


def test_code_and_database_describe_the_same_tables(database_url: str) -> None:
    assert "No new upgrade operations" in migrate(database_url, "check")
    with _connect(database_url) as conn:
        _populate(conn)
        partitions = [r for r in _objects(database_url) if re.search(r"_\d{4}_\d{2}$", r)]
        assert len(partitions) == 4
    assert "No new upgrade operations" in migrate(database_url, "check")


def test_differences_are_found(database_url: str) -> None:
    with _connect(database_url) as conn:
        conn.execute("ALTER TABLE slots ALTER COLUMN reason TYPE varchar(9)")
        conn.execute("ALTER TABLE slots ALTER COLUMN status SET DEFAULT 'gap'")
        conn.execute("ALTER TABLE slots ADD COLUMN surprise integer")
    with pytest.raises(AssertionError, match="New upgrade operations") as refused:
        migrate(database_url, "check")
    for difference in ("modify_type", "modify_default", "remove_column"):
        assert difference in str(refused.value)


def test_the_code_knows_the_newest_revision(database_url: str) -> None:
    scripts = ScriptDirectory.from_config(Config(toml_file=REPOSITORY / "pyproject.toml"))
    assert scripts.get_current_head() == composition.REVISION
    before = scripts.get_revision(composition.REVISION).down_revision
    engine = open_engine(database_url)
    require_schema(engine, composition.REVISION)
    migrate(database_url, "downgrade", "-1")
    with pytest.raises(SchemaOutOfDate, match=f"at revision {before}.*odds db migrate"):
        require_schema(engine, composition.REVISION)
    engine.dispose()


def test_an_empty_database_is_named_as_such(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with pytest.raises(SchemaOutOfDate, match="empty"):
        require_schema(engine, composition.REVISION)
    engine.dispose()


def test_a_busy_table_does_not_freeze_writers(database_url: str) -> None:
    """A migration gives up soon instead of queueing every writer behind itself."""
    with _connect(database_url) as busy:
        busy.execute("BEGIN; LOCK TABLE odds_snapshots IN ACCESS SHARE MODE")
        with pytest.raises(AssertionError, match="lock timeout"):
            migrate(database_url, "downgrade", "0001")
        busy.execute("ROLLBACK")
    migrate(database_url, "downgrade", "0001")
