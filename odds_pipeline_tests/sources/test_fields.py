"""Cleaning of single values."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.betting.odds import american_from_decimal
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.fields import (
    FieldError,
    clean_key,
    clean_name,
    clean_point,
    clean_score,
    clean_time,
    evidence_of,
    price_reader,
)

JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.text())
def test_a_clean_name_is_clean(text: str) -> None:
    try:
        name = clean_name(text)
    except FieldError:
        return
    assert 1 <= len(name) <= 200
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in name)
    assert name == name.strip()
    assert clean_name(name) == name


@given(JSON_LIKE)
def test_any_value_is_cleaned_or_refused(value: object) -> None:
    cleaners: list[Callable[[object], object]] = [
        clean_name,
        clean_key,
        clean_time,
        clean_point,
        clean_score,
    ]
    cleaners += [price_reader(odds_format) for odds_format in OddsFormat]
    for clean in cleaners:
        try:
            clean(value)
        except FieldError as refused:
            assert "\n" not in str(refused)
    assert evidence_of(value).isascii()
    assert len(evidence_of(value)) <= 2_000


@given(st.integers(100, 99_999_899).flatmap(lambda a: st.sampled_from((a, -a))))
def test_american_prices_read_back_exactly(price: int) -> None:
    decimal = price_reader(OddsFormat.AMERICAN)(price)
    assert 1.0 < decimal < 1e6
    assert american_from_decimal(decimal) == (100 if price == -100 else price)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 12, 30)))  # noqa: DTZ001 (made aware below)
def test_a_time_is_the_same_in_every_spelling(moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert clean_time(aware.isoformat()) == aware
    assert clean_time(aware.strftime("%Y-%m-%dT%H:%M:%SZ")) == aware
    assert clean_time(int(aware.timestamp())) == aware
    assert clean_time(int(aware.timestamp()) * 1000) == aware


def test_minus_zero_is_zero() -> None:
    assert str(clean_point(-0.0)) == "0.0"


@pytest.mark.parametrize("value", ["2026-01-09", "2026-01-09T18:00:00", "", "now", None, True])
def test_times_without_a_zone_or_sense_are_refused(value: object) -> None:
    with pytest.raises(FieldError):
        clean_time(value)


def test_a_name_is_at_most_200_characters() -> None:
    assert clean_name("é" * 200) == "é" * 200
    with pytest.raises(FieldError, match="longer than 200"):
        clean_name("é" * 201)


def test_evidence_survives_depth_and_times() -> None:
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    assert evidence_of(nested).startswith("[[[[")
    assert "nested deeper" in evidence_of(nested)
    assert "2026" in evidence_of({"at": datetime(2026, 1, 9, tzinfo=UTC) + timedelta(0)})
