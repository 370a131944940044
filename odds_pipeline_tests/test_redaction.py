"""No spelling of a secret passes, by whatever way a text leaves the process."""

import html
import json
import logging
import re
import subprocess
import sys
import traceback
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from odds_pipeline import redaction
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.redaction import Redactor, fingerprint, secrets_of
from odds_pipeline.settings import Settings

KEY = "nightjar/0123+45=67 89"
SECRETS = st.text(st.characters(codec="utf-8", min_codepoint=33), min_size=6, max_size=40)
REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def installed() -> Iterator[None]:
    """This process hides the nightjar; afterwards it is as it was."""
    before = logging.getLogRecordFactory(), sys.excepthook, sys.unraisablehook
    told = warnings.formatwarning
    redaction.install(Settings(_env_file=None, odds_api_key=SecretStr(KEY)))
    yield
    logging.setLogRecordFactory(before[0])
    sys.excepthook, sys.unraisablehook = before[1:]
    warnings.formatwarning = told


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9))
def test_no_spelling_of_a_secret_passes(secret: str, before: bytes, after: bytes) -> None:
    hide = Redactor([secret]).text
    spelled = [
        *(secret, quote(secret), quote(secret, ""), quote_plus(secret)),
        *(quote(quote(secret, ""), ""), html.escape(secret)),
        *(
            json.dumps(secret)[1:-1],
            repr(secret)[1:-1],
            re.sub("%..", lambda found: found[0].lower(), quote(secret, "")),
        ),
    ]
    for spelling in spelled:
        if spelling in "[removed]":
            continue
        assert spelling not in hide(f"GET /v4?x=1 {spelling}\n")
    data = before + secret.encode() + after
    for encode in (b64encode, urlsafe_b64encode):
        told = hide(encode(data).decode())
        assert "[removed]" in told
        assert len(told) - len("[removed]") <= -(-(len(before) + len(after)) * 4 // 3) + 8


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("/v4/sports?apiKey=abc123&all=true", "/v4/sports?apiKey=[removed]&all=true"),
        ("u=%2Fv4%3FapiKey%3Dabc", "u=%2Fv4%3FapiKey%3D[removed]"),
        (
            "postgresql+psycopg2://odds:pw@db:5432/odds",
            "postgresql+psycopg2://odds:[removed]@db:5432/odds",
        ),
        ("postgresql://odds:p@w@db/odds", "postgresql://odds:[removed]@db/odds"),
        (
            "connection: host=db password=pw user=odds",
            "connection: host=db password=[removed] user=odds",
        ),
    ],
)
def test_what_stands_like_a_secret_is_hidden_unknown_as_it_is(told: str, shown: str) -> None:
    assert Redactor().text(told) == shown


@pytest.mark.parametrize(
    "told",
    [
        *("http://127.0.0.1:3000/runs/x@y", "postgresql://odds:***@db/odds", "a@b.example"),
        *("https://example.org/?a=1:2@3", "postgresql://db:5432/odds", "no password here"),
    ],
)
def test_ordinary_texts_stay_as_they_are(told: str) -> None:
    assert Redactor([KEY]).text(told) == told


def test_a_short_secret_is_hidden_only_where_it_stands_as_one() -> None:
    hide = Redactor(["odds"]).text
    assert hide("the odds command: postgresql://u:odds@h/odds") == (
        "the odds command: postgresql://u:[removed]@h/odds"
    )


def test_the_secrets_of_the_settings_are_every_secret_setting() -> None:
    settings = Settings(
        _env_file=None,
        odds_api_key=SecretStr("the-key-1, the-key-2"),
        database_url=SecretStr("postgresql://u:p%40ss-word@h/d?password=second-one"),
    )
    passwords = {"p%40ss-word", "p@ss-word", "second-one"}
    keys = {"the-key-1, the-key-2", "the-key-1", "the-key-2"}
    assert set(secrets_of(settings)) == keys | passwords


def test_values_are_redacted_in_depth() -> None:
    value = {KEY: [KEY, (1, {"a": f"x{KEY}"})], "path": Path("/tmp") / KEY, "n": None, "t": 1.5}  # noqa: S108
    told = Redactor([KEY]).value(value)
    assert KEY not in json.dumps(told)
    assert (told["n"], told["t"]) == (None, 1.5)


def test_every_log_record_is_clean_whoever_formats_it(
    installed: None, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("some.library")
    log.warning("calling %s", f"https://h/v4?apiKey={quote_plus(KEY)}")
    log.warning(KEY)
    log.warning({"event": KEY, "n": 3})
    log.warning(RuntimeError(KEY))
    log.warning("does not fit %d %d", KEY)
    log.warning("stack", stack_info=True)
    log.warning("plain %s of %d", "one", 2)
    try:
        try:
            raise ValueError(KEY)
        except ValueError as inner:
            raise RuntimeError("outer") from inner
    except RuntimeError:
        log.exception("failed")
    try:
        raise KeyError("ordinary")
    except KeyError:
        log.exception("ordinary")
    told = "\n".join(f"{record.msg} {record.args} {record.exc_text}" for record in caplog.records)
    assert "nightjar" not in caplog.text + told
    plain, *_, hidden, ordinary = caplog.records[-3:][:1] + caplog.records[-2:]
    assert (plain.msg, plain.args) == ("plain %s of %d", ("one", 2))
    assert hidden.exc_info is None
    assert hidden.exc_text is not None
    assert "ValueError: [removed]" in hidden.exc_text
    assert "RuntimeError: outer" in hidden.exc_text
    assert ordinary.exc_info is not None


def test_an_error_that_quotes_a_secret_is_replaced(installed: None) -> None:
    with pytest.raises(OddsPipelineError, match=r"(?s)ValueError: .*apiKey=\[removed\]") as raised:
        leaves_with(ValueError(f"GET /v4?apiKey={KEY}"))
    told = "".join(traceback.format_exception(raised.value))
    assert "nightjar" not in told
    assert "in leaves_with" in told, "the place itself is kept"
    with pytest.raises(KeyError, match="ordinary"):
        leaves_with(KeyError("ordinary"))


@redaction.clean_errors()
def leaves_with(error: Exception) -> None:
    raise error


DYING = """
import sys, threading, warnings
from pydantic import SecretStr
from odds_pipeline import redaction
from odds_pipeline.settings import Settings
key = sys.argv[1]
redaction.install(Settings(_env_file=None, odds_api_key=SecretStr(key)))

class Careless:
    def __del__(self):
        raise RuntimeError("dropped " + key)

def work():
    raise RuntimeError("thread " + key)

warnings.warn("warned " + key)
thread = threading.Thread(target=work)
thread.start()
thread.join()
Careless()
raise RuntimeError("died of " + key)
"""


def test_what_a_process_and_its_threads_die_of_is_clean() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DYING, KEY],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    ways = ("warned", "thread", "dropped", "died of")
    for words in (*(f"{way} [removed]" for way in ways), "Traceback"):
        assert words in ended.stderr
    assert "nightjar" not in ended.stdout + ended.stderr


def test_sqlalchemys_spelling_of_a_password_is_known() -> None:
    url = make_url("postgresql://u@h/d").set(password="p@ss w+rd/1")
    shown = Redactor(["p@ss w+rd/1"]).text(url.render_as_string(hide_password=False))
    assert "w+rd" not in shown


def test_a_fingerprint_is_short_stable_and_no_key() -> None:
    found = fingerprint(SecretStr(KEY))
    assert found == fingerprint(SecretStr(KEY)) != fingerprint(SecretStr(KEY + "x"))
    assert len(found) == 12
    assert fingerprint(None) == "demo"
