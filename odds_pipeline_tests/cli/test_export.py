"""`odds export` on a real database: files that are whole, typed, safe and the same every time."""

import csv
import hashlib
import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity
from odds_pipeline.catalog.fields import TABLES, Field, FieldType
from odds_pipeline.catalog.pricing import EDGE_KINDS
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.composition import open_platform
from odds_pipeline.services.export.csv_file import CsvFile, safe_text
from odds_pipeline.services.export.run import FileFormat
from odds_pipeline.services.export.run import export as run_export
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.services.market.day import price_day
from odds_pipeline.settings import load_settings
from odds_pipeline.storage import outbox, stage_runs
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.export_queries.registry import SELECTIONS
from odds_pipeline.storage.exports import Asked
from odds_pipeline.storage.stage_runs import StageRun
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line, program
from odds_pipeline_tests.services.market.quotes import capture, h2h

EVENT = "00000000000000000000000000000001"
AT = "2026-03-10T12:00:00Z"
FORMULAS = ("=cmd()", "+1", "-2+3", "@SUM(A1)", "\tx", "\rx")


@pytest.fixture
def seeded(odds: Odds) -> Odds:
    done = odds("import", "the-odds-api", str(FIXTURES / "odds_american.json"))
    assert done.code == 0, done.err
    store(FIXTURES / "historical_odds.json", FIXTURES / "scores.json")
    return odds


def store(*files: Path, captured_at: datetime | None = None) -> None:
    with open_platform(load_settings()) as platform:
        done = import_paths(platform, files, Stated(captured_at=captured_at))
    assert {file.status for file in done.files} == {"imported"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(libpq_url(url)) as conn:
        return conn.execute(query).fetchall()


def test_everything_can_be_exported_with_its_dictionary(
    seeded: Odds, database_url: str, bare: Path
) -> None:
    fill(seeded)
    empty = set()
    for what in (what for what in SELECTIONS if what != "raw_responses"):
        done = seeded("export", what, "--format", "csv", "--json").json
        assert set(done) == set(JSON_KEYS["export"])
        file = bare / f"{what}.csv"
        rows = rows_of(file)
        standing = " WHERE superseded_at IS NULL" if what == "fair_prices" else ""
        counted = ask(database_url, f"SELECT count(*) FROM {what}{standing}")  # noqa: S608
        assert len(rows) == done["rows"] == counted[0][0], what
        assert done["bytes"] == file.stat().st_size
        assert done["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        told = json.loads(Path(done["dictionary"]).read_text())
        assert [column["name"] for column in told["columns"]] == done["columns"]
        assert all(column["meaning"] for column in told["columns"])
        assert done["columns"][: len(TABLES[what])] == list(TABLES[what])
        if rows:
            assert list(rows[0]) == done["columns"]
        else:
            empty.add(what)
        again = seeded("export", what, "--format", "csv", "--force", "--json").json
        assert what == "events" or again["sha256"] == done["sha256"], what
        assert {f"{what}.csv", f"{what}.csv.columns.json"} <= {path.name for path in bare.iterdir()}
    assert empty == {
        *("fetch_logs", "slots", "credit_ledger", "quarantine", "data_quality_logs"),
        *("calibrations", "edge_statistics", "edge_values", "dataset_snapshots"),
        *("experiments", "backtest_results", "quality_decisions", "line_movements"),
        *("closing_prices", "bookmaker_scorecards"),
    }, "every query without a row here is one that nobody has seen work"
    types_are_kept(seeded, bare)


def fill(odds: Odds) -> None:
    """What is worth something, and what was recorded and decided of it."""
    with open_platform(load_settings()) as platform:
        capture(platform, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.7)})
        price_day(platform, date(2026, 3, 10))
        with transaction(platform.engine) as conn:
            alert = Alert(AlertType.QUOTA, Severity.WARNING, "80 % used", "key", "demo", "2026-03")
            outbox.add(conn, [alert])
            conn.execute("INSERT INTO alert_deliveries (alert_id, channel) VALUES (1, 'pager')")
            stage_runs.record(conn, [StageRun("store", 0.5, 9, None)])
    said = ("--from", AT, "--to", AT, "--reason", "sides swapped")
    for command in (
        ("void", "add", "--event-id", "e1", "--bookmaker", "bovada", *said, "--json"),
        ("void", "lift", "1", "--reason", "they were right"),
        ("merge", "team", "Harbour", "Home", "--sport", "basketball_nba", "--reason", "so named"),
    ):
        done = odds(*command)
        assert done.code == 0, done.err
    with Path("model.csv").open("w") as model:
        model.write(f"event_id,market,outcome,probability,made_at\ne1,h2h,Home,0.5,{AT}\n")
    assert odds("import", "model", "model.csv", "--model", "elo", "--version", "1").code == 0


def types_are_kept(seeded: Odds, bare: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    seeded("export", "edges")
    edge = pq.read_table(bare / "edges.parquet").to_pylist()[0]
    assert edge["kind"] in EDGE_KINDS
    assert json.loads(edge["legs"])[0]["bookmaker_key"]
    assert isinstance(json.loads(edge["tags"]), list)
    told = rows_of(bare / "alerts.csv")[-1]
    assert (told["message"], told["sent"], told["sent_at"]) == ("80 % used", "false", "")
    (run,) = [row for row in rows_of(bare / "stage_runs.csv") if row["stage"] == "store"]
    assert (run["stage"], run["seconds"], run["rows"], run["success"]) == (
        *("store", "0.5", "9", "true"),
    )
    (void,) = rows_of(bare / "voids.csv")
    assert (void["event_id"], void["bookmaker_key"], void["market_key"]) == ("e1", "bovada", "")
    assert void["known_time"] < void["lifted_at"]


def test_csv_holds_what_the_view_says(seeded: Odds, database_url: str, bare: Path) -> None:
    seeded("export", "odds", "--format", "csv")
    stored = ask(
        database_url,
        """SELECT id, outcome_name, price, point, decimal_price, odds_timestamp, is_valid,
        validation_notes FROM odds""",
    )
    written = {
        (
            *(int(row["id"]), row["outcome_name"], int(row["price"])),
            *(float(row["point"]) if row["point"] else None, float(row["decimal_price"])),
            *(datetime.fromisoformat(row["odds_timestamp"]), row["is_valid"] == "true"),
            row["validation_notes"] or None,
        )
        for row in rows_of(bare / "odds.csv")
    }
    assert written == set(stored)
    assert any(row[2] < 0 for row in stored), "a negative price stays a number"
    assert "'-" not in (bare / "odds.csv").read_text()
    assert "Z," in (bare / "odds.csv").read_text()


def test_parquet_is_typed(seeded: Odds, database_url: str, bare: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    done = seeded("export", "odds", "--json").json
    table = pq.read_table(bare / "odds.parquet")
    assert table.column_names == list(TABLES["odds"])
    assert str(table.schema.field("odds_timestamp").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("price").type) == "int64"
    assert table.schema.field("decimal_price").metadata[b"unit"] == b"decimal odds"
    stored = ask(database_url, "SELECT id, odds_timestamp, decimal_price FROM odds ORDER BY id")
    read = table.select(["id", "odds_timestamp", "decimal_price"]).sort_by("id").to_pylist()
    assert [tuple(row.values()) for row in read] == stored
    assert done["rows"] == table.num_rows
    nothing = seeded("export", "quarantine")
    assert nothing.code == 0
    assert "⚠ No rows of quarantine match" in nothing.out
    assert pq.read_table(bare / "quarantine.parquet").column_names == list(TABLES["quarantine"])


def test_filters(seeded: Odds, bare: Path) -> None:
    def count(*arguments: str) -> int:
        asked = ("export", *arguments, "--format", "csv", "--force", "--json")
        return int(seeded(*asked).json["rows"])

    everything = count("odds")
    first = rows_of(bare / "odds.csv")[0]["odds_timestamp"][:10]
    of_day = count("odds", "--start", first, "--end", first)
    assert of_day == everything > 0
    assert count("odds", "--start", "2026-01-10") == count("odds", "--end", "2026-01-08") == 0
    assert count("odds", "--start", first) == everything
    assert count("odds", "--end", "2000-01-01") == 0
    assert 0 < count("odds", "--event-id", EVENT) < everything
    assert {row["event_id"] for row in rows_of(bare / "odds.csv")} == {EVENT}
    assert count("odds", "--sport", "cricket_ipl") == 0
    assert count("odds", "--sport", "basketball_nba") == everything
    assert count("events", "--event-id", EVENT) == 1
    assert count("odds", "--known-by", "2020-01-01T00:00:00Z") == 0
    now = datetime.now(UTC).isoformat()
    assert count("odds", "--known-by", now) == everything
    known = rows_of(bare / "odds.csv")
    assert count("odds") == everything
    assert rows_of(bare / "odds.csv") == known, "the as-of query and the view agree"


def test_what_was_known_then_is_exported_though_more_is_known_now(
    odds: Odds, database_url: str, bare: Path
) -> None:
    body = json.loads((FIXTURES / "odds_american.json").read_text())
    at = datetime(2026, 1, 9, 18, tzinfo=UTC)
    (bare / "one.json").write_text(json.dumps(body[:1]))
    store(bare / "one.json", captured_at=at)
    then = ask(
        database_url, "SELECT max(known_time) + interval '1 microsecond' FROM normalisations"
    )
    asked = ("--known-by", then[0][0].isoformat(), "--format", "csv", "--force")
    assert odds("export", "odds", *asked).code == 0
    before = rows_of(bare / "odds.csv")
    for event in body[:1]:
        for outcome in event["bookmakers"][0]["markets"][0]["outcomes"]:
            outcome["price"] = 500
    (bare / "two.json").write_text(json.dumps(body[:1]))
    store(bare / "two.json", captured_at=at)
    odds("export", "odds", *asked)
    keep = [name for name in before[0] if name not in {"is_valid", "validation_notes"}]
    after = rows_of(bare / "odds.csv")
    assert [[row[name] for name in keep] for row in after] == [
        [row[name] for name in keep] for row in before
    ]
    odds("export", "odds", "--format", "csv", "--force")
    assert rows_of(bare / "odds.csv") != after


def test_raw_documents_are_the_exact_bytes(seeded: Odds, bare: Path) -> None:
    done = seeded("export", "raw_responses", "--format", "csv", "--output", "raw", "--json").json
    listed = rows_of(bare / "raw" / "raw_responses.csv")
    assert len(listed) == done["rows"] == 3
    for row in listed:
        body = (bare / "raw" / row["file"]).read_bytes()
        assert hashlib.sha256(body).hexdigest() == row["sha256"]
        assert len(body) == int(row["body_size"])
    stated = (FIXTURES / "odds_american.json").read_bytes()
    assert hashlib.sha256(stated).hexdigest() in {row["sha256"] for row in listed}
    again = seeded("export", "raw_responses", "--format", "csv", "--output", "raw", "--force")
    assert is_one_line(again, 2)
    assert not list(bare.glob(".raw*"))


def test_a_text_is_never_a_formula_and_a_number_never_a_text(tmp_path: Path) -> None:
    fields = [Field("t", FieldType.TEXT, "x."), Field("n", FieldType.NUMBER, "x.")]
    with CsvFile(tmp_path / "x.csv", fields) as file:
        file.write([(text, -1.5) for text in FORMULAS])
        file.write([("a=b", 2.0), (None, None), ('"q", é\n=x', 1e300)])
    rows = rows_of(tmp_path / "x.csv")
    assert [row["t"] for row in rows[:6]] == [f"'{text}" for text in FORMULAS]
    assert {row["n"] for row in rows[:6]} == {"-1.5"}
    assert [row["t"] for row in rows[6:]] == ["a=b", "", '"q", é\n=x']
    letters = "=+-@\t\r'a "
    for _ in range(500):
        text = "".join(random.choices(letters, k=3))
        assert safe_text(text)[0] not in "=+-@\t\r"
        assert safe_text(text).removeprefix("'") in {text, text.removeprefix("'")}


def test_a_failure_leaves_no_file(seeded: Odds, bare: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with open_platform(load_settings()) as platform, pytest.raises(KeyboardInterrupt):
        run_export(*(platform, "odds", FileFormat.CSV, bare / "odds.csv", Asked()), progress=stop)
    assert not [path for path in bare.iterdir() if "odds.csv" in path.name]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export",), "Missing argument 'what'"),
        (("export", "bets"), "'bets' is not one of 'odds'"),
        (("export", "odds", "--format", "xlsx"), "'xlsx' is not one of"),
        (("export", "odds", "--start", "yesterday"), "--start: 'yesterday' is not a day"),
        (("export", "odds", "--start", "2026-02-02", "--end", "2026-02-01"), "is after --end"),
        (("export", "odds", "--known-by", "2026-02-02"), "--known-by: '2026-02-02' is not an"),
        (("export", "fetch_logs", "--event-id", "x"), "--event-id does not apply to fetch_logs"),
        (("export", "slots", "--known-by", "2026-02-02T00:00Z"), "--known-by does not apply"),
        (("export", "odds", "--output", "no/such/folder.csv"), "there is no folder no/such"),
        (("export", "odds", "--output", "."), "is a folder"),
        (("export", "odds", "--output", "there.csv"), "exists; name another file, or replace"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    odds: Odds, bare: Path, arguments: tuple[str, ...], says: str
) -> None:
    (bare / "there.csv").write_text("mine")
    ended = odds(*arguments)
    assert is_one_line(ended, 2)
    assert says in ended.err
    assert (bare / "there.csv").read_text() == "mine"


def test_an_empty_database_none_and_a_program_of_its_own(odds: Odds, bare: Path) -> None:
    done = program("export", "odds", "--format", "csv", ODDS_API_KEY="")
    assert (done.code, done.out[:25]) == (0, "⚠ No rows of odds match; ")
    assert (bare / "odds.csv").read_text().strip() == ",".join(TABLES["odds"])
    helped = program("export", "--help")
    assert (helped.code, "Example: odds export" in helped.out) == (0, True)
    missing = program("export", "odds", DATABASE_URL="", ODDS_HOME=str(bare / "none"))
    assert (missing.code, len(missing.err.splitlines())) == (4, 1)


def test_progress_goes_to_standard_error(
    seeded: Odds, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("odds_pipeline.cli.export._TOLD_ROWS", 1)
    ended = seeded("export", "odds", "--format", "csv", "--json")
    assert f"{ended.json['rows']:,} rows\n" in ended.err


def test_a_call_says_which_key_paid_it(odds: Odds, database_url: str, bare: Path) -> None:
    with psycopg.connect(libpq_url(database_url)) as conn:
        conn.execute(
            """WITH call AS (
                INSERT INTO fetch_logs (endpoint, success, call_id)
                VALUES ('sports', true, gen_random_uuid()) RETURNING call_id
            )
            INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose, endpoint)
            SELECT call_id, entry, 0, 'abc123', 'live', 'sports'
            FROM call, (VALUES ('reserved'), ('settled')) e (entry)"""
        )
    odds("export", "fetch_logs", "--format", "csv")
    assert [row["key_fingerprint"] for row in rows_of(bare / "fetch_logs.csv")] == ["abc123"]
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(
        rows_of(bare / "fetch_logs.csv")[0]["fetch_time"]
    )
