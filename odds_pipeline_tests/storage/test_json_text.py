"""What is called plain text, PostgreSQL reads as JSON; what it refuses, never is."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.json_text import plain_text

REFUSED = (
    b'["\\u0000"]',
    b'["\\ud800"]',
    b'["\\uDFFF"]',
    b"[1e200000]",
    b"[1E+200000]",
    b"[1e-200000]",
    b"[" + b"9" * 140_000 + b"]",
    b"[1,]",
    b'{"a":1}{"b":2}',
    b"event,price\n1,2",
    b"",
    b'["\xff"]',
    b"\xef\xbb\xbf[]",
    b"[" * 100_000,
)


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_what_postgresql_may_refuse_is_not_plain(body: bytes) -> None:
    assert plain_text(body) is None


PIECES = st.sampled_from(
    [
        *("1e99", "-1E+400", "0.5", "1e99999", "1e131071", "1E200000", "-0", "[]", "{}", "null"),
        *('"\\u00e9"', '"\\ud83d\\ude00"', '"\\u0000"', '"\u00e9"', '"\\\\u0000"'),
        *('{"e1":"e12345"}', "NaN"),
    ]
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pieces=st.lists(PIECES, max_size=4), value=st.recursive(st.text(), st.lists))
def test_plain_text_is_read_by_postgresql(engine: Engine, pieces: list[str], value: Any) -> None:
    text = plain_text(f"[{','.join((*pieces, json.dumps(value)))}]".encode())
    if text is None:
        return
    with transaction(engine) as conn:
        row = conn.execute("SELECT %s::jsonb IS NOT NULL", (text,)).fetchone()
    assert row == (True,)


def test_an_ordinary_body_is_plain() -> None:
    body = json.dumps(
        [{"id": "e912304de2b2ce35", "price": -110, "point": 3.5, "name": "Caf\u00e9"}]
    )
    assert plain_text(body.encode()) == body
