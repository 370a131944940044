"""Looks for a secret in everything that could have caught it, however it is spelled there.

Belongs here: the spellings of a secret and where to look. Does not belong here: provoking leaks.

    found_in(secret, text_or_bytes)      one thing
    found_in_error(secret, exception)    all that hangs on an exception
    found_in_records(secret, records)    log records, formatted and raw
    found_in_files(secret, folder)       every file, compressed ones opened
    found_in_database(secret, conn)      every row of every table, compressed values opened

Each returns what was found, as texts that name the place and the spelling; empty is good.
"""

import gzip
import html
import json
import logging
import pickle
import traceback
import zlib
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg
import zstandard
from psycopg import sql

_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_OUR_CODE = "/odds_pipeline/"


@cache
def spellings(secret: str) -> dict[str, bytes]:
    """Every spelling looked for, by name."""
    plain = secret.encode()
    found = {
        "plain": plain,
        "quoted": quote(secret).encode(),
        "quoted whole": quote(secret, safe="").encode(),
        "quoted plus": quote_plus(secret).encode(),
        "quoted twice": quote(quote(secret, safe=""), safe="").encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "JSON with escaped slashes": json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
        "HTML": html.escape(secret).encode(),
        "repr": repr(secret)[1:-1].encode(),
        "repr with both quotes": repr(f"\"'{secret}")[4:-1].encode(),
        "hex": plain.hex().encode(),
        "base32": b32encode(plain).rstrip(b"="),
        "reversed": plain[::-1],
        "UTF-16": secret.encode("utf-16-le"),
    }
    for name in [name for name in found if name.startswith("quoted")]:
        found[f"{name}, lower case"] = found[name].lower()
    for at in range(3):
        found[f"base64 at {at}"] = _inside_base64(b64encode(b"\0" * at + plain), at, len(plain))
        found[f"base64 for addresses at {at}"] = _inside_base64(
            urlsafe_b64encode(b"\0" * at + plain), at, len(plain)
        )
    return found


def found_in(secret: str, thing: str | bytes, where: str = "text") -> list[str]:
    """Where the secret stands in one thing.

    Text is looked at in any case: a spelling that was only lowered is a leak as well.
    """
    data = thing.encode("utf-8", "surrogatepass") if isinstance(thing, str) else thing
    lowered = data.lower()
    return [
        f"{where}: {name}"
        for name, spelling in spellings(secret).items()
        if spelling in data or spelling.lower() in lowered
    ]


def found_in_error(secret: str, raised: BaseException) -> list[str]:
    """Where the secret hangs on an exception or on one that led to it."""
    found: list[str] = []
    for one in _chain(raised):
        name = type(one).__name__
        found += found_in(secret, str(one), f"str of {name}")
        found += found_in(secret, repr(one), f"repr of {name}")
        found += found_in(secret, repr((one.args, vars(one))), f"attributes of {name}")
        found += found_in(secret, _locals(one), f"locals of {name}")
        with suppress(pickle.PicklingError, TypeError, AttributeError):
            found += found_in(secret, pickle.dumps(one), f"pickle of {name}")
    return found + found_in(secret, "".join(traceback.format_exception(raised)), "traceback")


def found_in_records(secret: str, records: Iterable[logging.LogRecord]) -> list[str]:
    """Where the secret stands in log records: as a formatter writes them, and in their fields."""
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    found: list[str] = []
    for record in records:
        found += found_in(secret, formatter.format(record), f"log of {record.name}")
        found += found_in(secret, repr(vars(record)), f"record of {record.name}")
        if record.exc_info and record.exc_info[1]:
            found += found_in_error(secret, record.exc_info[1])
    return found


@contextmanager
def every_log() -> Iterator[list[logging.LogRecord]]:
    """Collect what any logger says at DEBUG; loggers as they were afterwards."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.NOTSET)
    handler.emit = records.append  # type: ignore[method-assign, assignment]
    root = logging.getLogger()
    named = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    before = [(one, one.level, one.propagate, one.disabled) for one in (root, *named)]
    root.addHandler(handler)
    for one, *_ in before:
        one.setLevel(logging.DEBUG)
        one.propagate, one.disabled = True, False
    try:
        yield records
    finally:
        root.removeHandler(handler)
        for one, level, propagate, disabled in before:
            one.setLevel(level)
            one.propagate, one.disabled = propagate, disabled


def found_in_files(secret: str, folder: Path) -> list[str]:
    """Which files below a folder hold the secret, in their names or their contents."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found += found_in(secret, name, "name of a file")
        if path.is_file():
            found += found_opened(secret, path.read_bytes(), name)
    return found


def found_in_database(secret: str, conn: psycopg.Connection[Any]) -> list[str]:
    """Which tables of the database hold the secret, in any schema but the server's own."""
    return [
        hit
        for where, value in values_in_database(conn)
        for hit in found_opened(secret, value, where)
    ]


def values_in_database(conn: psycopg.Connection[Any]) -> Iterator[tuple[str, bytes]]:
    """All that the tables hold, with the names of table and column; a text column at once."""
    for table, columns in _tables(conn):
        for column, value in _values(conn, table, columns):
            yield f"{'.'.join(table)}.{column}", value


def found_opened(secret: str, data: bytes, where: str) -> list[str]:
    """As ``found_in``, and where the bytes are compressed in what they open to."""
    return [hit for part in _opened(data) for hit in found_in(secret, part, where)]


def _values(
    conn: psycopg.Connection[Any], table: tuple[str, str], columns: list[tuple[str, bool]]
) -> Iterator[tuple[str, bytes]]:
    wanted = [
        sql.Identifier(column) if binary else sql.SQL("{}::text").format(sql.Identifier(column))
        for column, binary in columns
    ]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(wanted), sql.Identifier(*table))
    rows = conn.execute(query).fetchall()
    for (column, binary), values in zip(columns, zip(*rows, strict=True), strict=False):
        stored = [value for value in values if value is not None]
        if binary:
            yield from ((column, bytes(value)) for value in stored)
        else:
            yield column, "\0".join(stored).encode()  # at once: the search has a cost a call


def _tables(
    conn: psycopg.Connection[Any],
) -> Iterator[tuple[tuple[str, str], list[tuple[str, bool]]]]:
    """Every table with its columns and whether each is of bytes; partitions are in their parent."""
    rows = conn.execute(
        """SELECT table_schema, table_name, column_name, udt_name = 'bytea'
        FROM information_schema.columns JOIN information_schema.tables
            USING (table_schema, table_name)
        JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass
        WHERE table_type <> 'VIEW' AND NOT relispartition
          AND table_schema NOT IN ('pg_catalog', 'information_schema')
        ORDER BY 1, 2"""
    ).fetchall()
    tables: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for schema, table, column, binary in rows:
        tables.setdefault((schema, table), []).append((column, binary))
    yield from tables.items()


def _opened(data: bytes) -> list[bytes]:
    """The bytes, and what they open to where they are compressed."""
    opened = [data]
    if data.startswith(_ZSTD):
        with suppress(zstandard.ZstdError):
            opened.append(zstandard.ZstdDecompressor().decompressobj().decompress(data))
    with suppress(OSError, EOFError, zlib.error):
        opened.append(gzip.decompress(data) if data.startswith(_GZIP) else zlib.decompress(data))
    return opened


def _chain(raised: BaseException) -> list[BaseException]:
    waiting, seen = [raised], []
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.append(one)
        waiting += [each for each in (one.__context__, one.__cause__) if each is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return seen


def _locals(raised: BaseException) -> str:
    """The local variables of our own code on the way, as error trackers send them."""
    frames = [frame for frame, _ in traceback.walk_tb(raised.__traceback__)]
    return repr([dict(f.f_locals) for f in frames if _OUR_CODE in f.f_code.co_filename])


def _inside_base64(coded: bytes, before: int, length: int) -> bytes:
    """What of a base64 text depends on the secret alone."""
    text = coded.rstrip(b"=")
    return text[(0, 2, 3)[before] : len(text) - (1 if (before + length) % 3 else 0)]
