"""The canary can die: every spelling is found wherever it is put."""

import gzip
import logging
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import psycopg
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline_tests.canary import (
    every_log,
    found_in,
    found_in_database,
    found_in_error,
    found_in_files,
    found_in_records,
    spellings,
)

AWKWARD = "canary/key+1% &=<x>\"'0123456789ab"
PLAIN = "0123456789abcdef0123456789abcdef"
KEYS = pytest.mark.parametrize("key", [AWKWARD, PLAIN])


@KEYS
def test_every_spelling_is_found_and_nothing_else(key: str) -> None:
    for name, spelling in spellings(key).items():
        assert any(hit.endswith(name) for hit in found_in(key, b"before " + spelling + b" after"))
    assert found_in(key, "a text without it, though it says canary and 0123456789") == []


@KEYS
@given(before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_base64_is_found_at_every_alignment(key: str, before: bytes, after: bytes) -> None:
    for encode in (b64encode, urlsafe_b64encode):
        assert found_in(key, encode(before + key.encode() + after))


@KEYS
def test_addresses_are_seen_through(key: str) -> None:
    for address in (urlencode({"apiKey": key}), quote(key), quote_plus(key), quote(key).lower()):
        assert found_in(key, f"http://x/?{address}&y=1")


@KEYS
def test_an_error_is_searched_to_its_roots(key: str) -> None:
    try:
        try:
            raise KeyError(f"http://x/?apiKey={quote(key, safe='')}")
        except KeyError:
            raise ValueError("nothing to see") from None
    except ValueError as raised:
        found = found_in_error(key, raised)
    assert {hit.partition(":")[0] for hit in found} >= {"str of KeyError", "pickle of KeyError"}
    kept = ValueError("nothing to see")
    kept.url = key  # type: ignore[attr-defined]
    assert found_in_error(key, kept)
    assert found_in_error(key, ValueError("nothing to see")) == []


@KEYS
def test_quiet_loggers_are_heard(key: str) -> None:
    quiet = logging.getLogger("odds_pipeline_tests.quiet")
    quiet.setLevel(logging.CRITICAL)
    quiet.propagate = False
    with every_log() as records:
        quiet.debug("asked %s", {"apiKey": key})
    assert found_in_records(key, records)
    assert (quiet.level, quiet.propagate) == (logging.CRITICAL, False)
    assert found_in_records(key, []) == []


@KEYS
def test_files_are_opened(key: str, tmp_path: Path) -> None:
    inner = tmp_path / "deep" / "deeper"
    inner.mkdir(parents=True)
    (inner / "harmless").write_text("nothing")
    assert found_in_files(key, tmp_path) == []
    body = f'{{"url": "?apiKey={quote(key, safe="")}"}}'.encode()
    for data in (body, gzip.compress(body), zstandard.compress(body)):
        (inner / "body").write_bytes(data)
        assert found_in_files(key, tmp_path)


@KEYS
def test_rows_are_opened(key: str, database_url: str) -> None:
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("CREATE TEMP TABLE canary (body bytea, note jsonb)")
        assert found_in_database(key, conn) == []
        conn.execute("INSERT INTO canary VALUES (%s, NULL)", (zstandard.compress(key.encode()),))
        assert [hit for hit in found_in_database(key, conn) if "canary.body" in hit]
        conn.execute("TRUNCATE canary")
        conn.execute("INSERT INTO canary VALUES (NULL, jsonb_build_object('x', %s::text))", (key,))
        assert [hit for hit in found_in_database(key, conn) if "canary.note" in hit]
