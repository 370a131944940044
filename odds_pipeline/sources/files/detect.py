"""Tells what kind of document a file's bytes are.

Belongs here: recognising a kind, or refusing with the reason. Does not belong here: reading it
(``sources.parse``). File names never decide: they are only named in reasons.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.errors import MalformedResponse, UsageError
from odds_pipeline.sources.archives.layout import Layout
from odds_pipeline.sources.archives.layouts.registry import layout_of
from odds_pipeline.sources.archives.rows import PARQUET, columns_of_file
from odds_pipeline.sources.files import flat_odds, flat_scores, player_lines
from odds_pipeline.sources.files.table import header_of, missing_columns
from odds_pipeline.sources.the_odds_api.wire import loads

DECODED_LIMIT = 512 * 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Detected:
    """A recognised file.

    Args:
        endpoint: which parser reads it.
        body: its bytes, decompressed.
    """

    endpoint: Endpoint
    body: bytes


def detect(name: str, data: bytes, layout: Layout | None = None) -> Detected:
    """Recognise a file by its content, gzip or not.

    Args:
        name: the file's name, for the reason.
        data: its bytes.
        layout: the archive layout it must have; ``None`` = it is no archive.

    Raises:
        UsageError: the file is not a kind that can be imported; one line says why.
    """
    try:
        body = decompressed(data)
        return Detected(_kind(body) if layout is None else _archive(body, layout), body)
    except (_NotOurs, MalformedResponse) as refused:
        reason = str(refused)
    raise UsageError(f"{name}: {reason}")


class _NotOurs(ValueError):
    """Why a file is not of any kind we read."""


def decompressed(data: bytes) -> bytes:
    """The bytes without gzip, if they are gzip; a bounded size.

    Raises:
        ValueError: damaged, cut off or too large.
    """
    if not data.startswith(GZIP_MAGIC):
        return data
    parts = []
    room = DECODED_LIMIT
    while data:  # a gzip file may be several members, one after the other
        inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            part = inflate.decompress(data, room)
        except zlib.error:
            raise _NotOurs("gzip data is damaged") from None
        if inflate.unconsumed_tail:
            raise _NotOurs(f"decompresses to more than {DECODED_LIMIT >> 20} MiB")
        if not inflate.eof:
            raise _NotOurs("gzip data is cut off")
        parts.append(part)
        room -= len(part)
        data = inflate.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _archive(body: bytes, layout: Layout) -> Endpoint:
    columns = columns_of_file(body)
    missing = [name for name in layout.required if name not in columns]
    if missing:
        raise _NotOurs(f"file is no {layout.name} archive: it lacks {', '.join(missing)}")
    return Endpoint.ARCHIVE


def _kind(body: bytes) -> Endpoint:
    if body.startswith(PARQUET):
        raise _NotOurs("file is Parquet; import it by a mapping: odds import generic")
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if not start:
        raise _NotOurs("file is empty")
    if start in {b"{", b"["}:
        return _json_kind(body)
    if start == b"<":
        raise _NotOurs("file is HTML or XML, not JSON or CSV")
    return _csv_kind(body)


def _json_kind(body: bytes) -> Endpoint:
    if _is_json_lines(body):
        raise _NotOurs("JSON lines are not a The Odds API response; import single responses")
    document = loads(body)
    if isinstance(document, list):
        return _list_kind(document, LISTS)
    if not isinstance(document, dict):
        raise _NotOurs("JSON is neither a list nor an object")
    return _object_kind(document)


def _object_kind(document: dict[str, object]) -> Endpoint:
    if "error_code" in document:
        raise _NotOurs(
            f"file is an error body of the provider ({str(document['error_code'])[:60]!r})"
        )
    if "timestamp" in document and "data" in document:
        data = document["data"]
        if isinstance(data, list):
            return _list_kind(data, PAST_LISTS)
        if isinstance(data, dict) and "bookmakers" in data:
            return Endpoint.HISTORICAL_EVENT_ODDS
        raise _NotOurs("historical envelope without events")
    if "bookmakers" in document:
        return Endpoint.EVENT_ODDS
    raise _NotOurs("JSON object is not a The Odds API response")


def _is_json_lines(body: bytes) -> bool:
    first, _, rest = body.strip().partition(b"\n")
    if not first.startswith(b"{") or not rest.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


Test = Callable[[dict[str, object]], bool]


def _has(*fields: str) -> Test:
    return lambda item: all(field in item for field in fields)


LISTS: Mapping[Endpoint, Test] = MappingProxyType(
    {
        Endpoint.ODDS: _has("bookmakers", "commence_time"),
        Endpoint.SCORES: _has("scores", "commence_time"),
        Endpoint.EVENTS: _has("id", "sport_key", "commence_time"),
        Endpoint.SPORTS: _has("key", "title", "active"),
    }
)
PAST_LISTS: Mapping[Endpoint, Test] = MappingProxyType(
    {
        Endpoint.HISTORICAL_ODDS: LISTS[Endpoint.ODDS],
        Endpoint.HISTORICAL_EVENTS: LISTS[Endpoint.EVENTS],
    }
)


def _list_kind(items: list[object], kinds: Mapping[Endpoint, Test]) -> Endpoint:
    objects = [item for item in items if isinstance(item, dict)]
    if not items:
        raise _NotOurs("list is empty: it says nothing")
    for endpoint, test in kinds.items():
        if any(map(test, objects)):
            return endpoint
    if any("error_code" in str(item.get("body")) for item in objects):
        raise _NotOurs("file is a collection of error bodies of the provider")
    raise _NotOurs("JSON list is not a The Odds API response")


def _csv_kind(body: bytes) -> Endpoint:
    header = header_of(body)
    if len(header) < 2:
        raise _NotOurs("file is neither JSON nor CSV")
    missing_scores = missing_columns(header, flat_scores.COLUMNS, flat_scores.REQUIRED)
    if not missing_scores:
        return Endpoint.FLAT_SCORES
    missing_odds = missing_columns(header, flat_odds.COLUMNS, flat_odds.REQUIRED)
    if not missing_odds:
        return Endpoint.FLAT_ODDS
    if not missing_columns(header, player_lines.COLUMNS, player_lines.REQUIRED):
        return Endpoint.FLAT_PLAYER_LINES
    archive = layout_of(header)
    if archive is not None:
        raise _NotOurs(f"file is an archive of games; import it with: odds import {archive.name}")
    raise _NotOurs(f"CSV is no odds or scores series: it lacks {', '.join(missing_odds)}")
