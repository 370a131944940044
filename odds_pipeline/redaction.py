"""No secret leaves the process: the one place that knows the secrets in force and hides them.

Belongs here: which texts are secret, every spelling in which one may turn up, and the places of a
process through which text leaves it (log records, warnings, what ends a process or a thread).
Does not belong here: where logs go (``log_file``), the HTTP client's own care with its key.

A composition root calls ``install`` once; nothing else needs to know. Two rules apply to a text:
what looks like a key or password by what stands before it (``apiKey=``, ``password=``,
``://user:``) is hidden whether it is known or not, and each known secret is hidden wherever it
stands: plain, percent-encoded (once or twice), escaped for JSON or HTML, and base64, alone or
inside a longer base64 text.
Shorter than ``SHORTEST``, a secret may be an ordinary word and only the first rule applies.
"""

import html
import json
import logging
import re
import sys
import threading
import traceback
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

from pydantic import SecretStr

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.settings import Settings

REMOVED = "[removed]"
SHORTEST = 6
_ADDRESSES = frozenset({"database_url", "database_direct_url"})
FINGERPRINT_LENGTH = 12
DEMO_FINGERPRINT = "demo"

_BY_PLACE = (
    (re.compile(r"(apiKey(?:=|%3D))[^&\s\"'<>]+", re.IGNORECASE), rf"\1{REMOVED}"),
    (re.compile(r"(password(?:=|%3D))[^&\s\"'<>]+", re.IGNORECASE), rf"\1{REMOVED}"),
    (re.compile(r"(://[^:/?#\s\"'<>]*:)(?!\*\*\*@)[^/?#\s\"'<>]+(?=@)"), rf"\1{REMOVED}"),
)
_BITS_A_LETTER = 6
_TOKEN_LENGTH = 16


def fingerprint(key: SecretStr | None) -> str:
    """Names an API key without giving it away: the same short form everywhere.

    Args:
        key: the key; ``None`` in DEMO.
    """
    if key is None:
        return DEMO_FINGERPRINT
    return sha256(key.get_secret_value().encode()).hexdigest()[:FINGERPRINT_LENGTH]


class Redactor:
    """Hides secrets in texts and values; it may learn further ones."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on, too."""
        learned = self._secrets | {secret for secret in secrets if len(secret) >= SHORTEST}
        if learned == self._secrets:
            return
        spellings = {spelling for secret in learned for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))
        self._secrets = learned

    def text(self, text: str) -> str:
        """The text without any secret."""
        if self._known is not None:
            text = self._known.sub(REMOVED, text)
        for pattern, shown in _BY_PLACE:
            text = pattern.sub(shown, text)
        return text

    def value(self, value: object) -> Any:  # noqa: ANN401 (of the kind it was)
        """The value with every text in it redacted; what is no plain value becomes text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return self.text(str(value))

    def trace(self, error: BaseException) -> str | None:
        """The whole redacted traceback of an error that quotes a secret; ``None`` if it does not.

        Causes and contexts are part of it, as they are of what Python or Dagster would show.
        """
        told = "".join(traceback.format_exception(error))
        hidden = self.text(told)
        return None if hidden == told else hidden


IN_FORCE = Redactor()
"""The redactor of this process; ``install`` teaches it the secrets of the settings."""


def redact(text: str) -> str:
    """The text without any secret that is in force in this process."""
    return IN_FORCE.text(text)


def secrets_of(settings: Settings) -> list[str]:
    """Everything in the settings that must not be shown.

    Of the database's address that is the password, of several API keys each, of an address for
    alerts itself and its parts; of any other secret setting, the whole value.
    """
    found: list[str] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if not isinstance(value, SecretStr):
            continue
        secret = value.get_secret_value()
        found.extend(_passwords(secret) if name in _ADDRESSES else [secret])
    found.extend(key.secret.get_secret_value() for key in settings.api_keys if key.secret)
    for address in settings.alert_addresses:
        found.extend((address, *_passwords(address), *_tokens(address)))
    return found


def install(settings: Settings) -> None:
    """Hide the settings' secrets in all that this process logs, warns of and dies of.

    Log records are cleaned as they are made, so no logger, handler or formatter, of ours, of
    Dagster or of a library, ever holds a secret. Safe to repeat.
    """
    IN_FORCE.learn(secrets_of(settings))
    if getattr(logging.getLogRecordFactory(), "redacts", False):
        return
    logging.setLogRecordFactory(_RecordFactory(logging.getLogRecordFactory()))
    sys.excepthook = _died
    threading.excepthook = _thread_died
    sys.unraisablehook = _unraisable
    # Both ways of a warning, to standard error and into the log, go through this function.
    warnings.formatwarning = _clean_warning(warnings.formatwarning)


def hide_password(url: str) -> None:
    """Hide the password of a database's address from now on: the embedded server chose its own."""
    IN_FORCE.learn(_passwords(url))


@contextmanager
def clean_errors() -> Iterator[None]:
    """Let no error out that quotes a secret: its traceback, redacted, takes its place.

    For code whose errors are stored or shown by others before any log record is made of them; also
    a decorator.

    Raises:
        OddsPipelineError: in place of an error that quotes a secret; any other passes as it is.
    """
    try:
        yield
    except Exception as error:
        hidden = IN_FORCE.trace(error)
        if hidden is None:
            raise
        # Whoever shows an error leaves out a context that is suppressed.
        raise OddsPipelineError(hidden.rstrip()) from None


class _RecordFactory:
    """Makes log records as before, and cleans them before anybody sees them."""

    redacts = True

    def __init__(self, make: Any) -> None:  # noqa: ANN401 (typeshed has no type for it)
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401
        record: logging.LogRecord = self._make(*args, **kwargs)
        _clean_message(record)
        _clean_trace(record)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return record


def _clean_message(record: logging.LogRecord) -> None:
    if isinstance(record.msg, Mapping):  # an event of structlog
        record.msg = IN_FORCE.value(record.msg) if _quotes_secret(record.msg) else record.msg
        return
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Arguments that do not fit: logging complains of it, and quotes both.
        record.msg = redact(f"{record.msg} {record.args}")
        record.args = ()
        return
    hidden = redact(message)
    if hidden != message:
        record.msg, record.args = hidden, ()


def _quotes_secret(event: Mapping[Any, Any]) -> bool:
    told = str(event)
    return redact(told) != told


def _clean_trace(record: logging.LogRecord) -> None:
    error = record.exc_info[1] if record.exc_info else None
    hidden = None if error is None else IN_FORCE.trace(error)
    if hidden is None:
        return
    # Plain formatters print exc_text; `exception` is the name under which JSON logs have it.
    record.exc_info = None
    record.exc_text = record.__dict__["exception"] = hidden.rstrip("\n")


def _clean_warning(told: Callable[..., str]) -> Callable[..., str]:
    return lambda *args, **kwargs: redact(told(*args, **kwargs))


def _died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    told = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(redact(told))


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = "(unknown)" if args.thread is None else args.thread.name
    sys.stderr.write(f"Exception in thread {name}:\n")
    _died(args.exc_type, args.exc_value, args.exc_traceback)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    sys.stderr.write(redact(f"{args.err_msg or 'Exception ignored in'}: {args.object!r}\n"))
    if args.exc_value is not None:
        _died(args.exc_type, args.exc_value, args.exc_traceback)


def _passwords(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.password:
        yield from (parts.password, unquote(parts.password))
    for name, values in parse_qs(parts.query).items():
        if name.lower() == "password":
            yield from values


def _tokens(url: str) -> Iterator[str]:
    """Parts of a channel's address that are long enough to be its secret."""
    parts = urlsplit(url)
    named = (value for values in parse_qs(parts.query).values() for value in values)
    placed = (piece for piece in re.split("[:@]", parts.netloc) if "." not in piece)
    for text in (*placed, *parts.path.split("/"), *named):
        if len(text) >= _TOKEN_LENGTH:
            yield text


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    for encoded in (
        *(quote(secret), quote(secret, ""), quote(secret, " +"), quote_plus(secret)),
        *(quote(quote(secret, ""), ""), quote(_lower(quote(secret, "")), ""), html.escape(secret)),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    ):
        yield encoded
        yield _lower(encoded)
    data = secret.encode()
    for shift in range(3):
        yield from _base64(data, shift)


def _lower(encoded: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def _base64(data: bytes, shift: int) -> Iterator[str]:
    """The letters that stand for ``data`` wherever it begins ``shift`` bytes after a whole group.

    Those it shares with its neighbours are left out; without neighbours they are padding.
    """
    first = -(-shift * 8 // _BITS_A_LETTER)
    end = (shift + len(data)) * 8 // _BITS_A_LETTER
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(bytes(shift) + data).decode()[first:end]
