"""URLs leave with their driver, whatever they came with."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from odds_pipeline.errors import SettingsError
from odds_pipeline.storage.urls import dagster_database, dagster_url, data_url, redacted

ROOT = Path(__file__).resolve().parents[2]
REST = "odds:p%40ss@db.example:5432/odds?sslmode=require"


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"]
)
def test_every_scheme_becomes_the_right_driver(scheme: str) -> None:
    assert data_url(f"{scheme}://{REST}") == f"postgresql+psycopg://{REST}"
    assert dagster_url(f"{scheme}://{REST}") == f"postgresql+psycopg2://{REST}"


def test_a_bare_scheme_never_survives() -> None:
    """SQLAlchemy 2.1 reads a bare scheme as psycopg 3 and Dagster's storage then fails."""
    for made in (data_url("postgresql://h/d"), dagster_url("postgresql://h/d")):
        assert not made.startswith(("postgresql://", "postgres://")), "bare scheme: names no driver"
    assert dagster_url("postgresql://h/d").startswith("postgresql+psycopg2://"), (
        "Dagster's storage works on psycopg2 only"
    )


def test_dagster_has_a_database_of_its_own() -> None:
    assert dagster_database(f"postgresql://{REST}") == (
        "postgresql://odds:p%40ss@db.example:5432/odds_dagster?sslmode=require"
    )
    assert dagster_database("postgresql://me@/odds?host=/run/pg") == (
        "postgresql://me@/odds_dagster?host=/run/pg"
    )


@pytest.mark.parametrize(
    "url", ["", "odds", "mysql://h/d", "postgresql://h", "postgresql://h/", "postgresql:/h/d"]
)
def test_what_names_no_database_is_refused_in_one_line(url: str) -> None:
    for function in (data_url, dagster_url, dagster_database):
        with pytest.raises(SettingsError, match=r"^DATABASE_URL: must look like [^\n]+$"):
            function(url)


def test_dagster_yaml_reads_its_url_from_the_environment() -> None:
    storage = yaml.safe_load((ROOT / "dagster.yaml").read_text())["storage"]
    assert storage == {"postgres": {"postgres_url": {"env": "ODDS_DAGSTER_PG_URL"}}}


@given(st.text(st.characters(exclude_characters="&", exclude_categories=["Cs"])))
@example("//@:?/#")
@example("a://b:c@d/e?f")
def test_a_password_is_never_shown(text: str) -> None:
    secret = f"§{text}§"
    for url in (
        f"postgresql://odds:{secret}@db.example/odds",
        f"odds:{secret}@db.example/odds",
        f"postgresql://db.example/odds?user=odds&password={secret}",
    ):
        assert "§" not in redacted(url)
    assert redacted("postgresql://odds:secret@h:5432/odds") == "postgresql://odds:***@h:5432/odds"
