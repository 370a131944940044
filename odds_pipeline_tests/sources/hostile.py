"""Makes hostile documents of every kind out of valid ones, the same ones for the same seed.

Each is a valid fixture with one to four of its parts replaced, doubled, dropped or wrapped, or its
bytes cut, flipped or padded, or no document at all.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

from odds_pipeline_tests.sources.conftest import fixture_bytes

JSON_KINDS = {
    "odds": "odds_american.json",
    "event_odds": "event_odds_props.json",
    "historical_odds": "historical_odds.json",
    "historical_events": "historical_events.json",
    "historical_event_odds": "historical_event_odds.json",
    "events": "events.json",
    "scores": "scores.json",
    "sports": "sports.json",
    "event_markets": "event_markets.json",
    "participants": "participants.json",
}
CSV_KINDS = {
    "flat_odds": "flat_odds.csv",
    "flat_scores": "flat_scores.csv",
    "flat_player_lines": "player_lines.csv",
    "archive": "archive_football.csv",
}
KINDS = JSON_KINDS | CSV_KINDS

# As they stand in the bytes: JSON that json.dumps would never write.
LITERALS = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e-999", "9" * 5_000, "-" + "9" * 310),
    *("2147483648", "-99", "99", "0", "-0.0", "1.0", "0.5", "1e6", "999999.99", "true", "false"),
    *("null", '""', '" "', '"1.9"', '"-110"', '"\\u0000"', '"Bos\\u0000ton"', '"\\ud800"'),
    *('"\\udc00\\ud800"', '"\\u202eabc"', '"\\u200b"', '"\\u0430"', '"[/x]"', '"\\u001b[31mred"'),
    *('"[link=javascript:1]x[/link]"', '"=cmd()"', '"@everyone"', '"\'; DROP TABLE odds; --"'),
    *(
        '"%s {0} \\\\x00"',
        '"0001-01-01T00:00:00Z"',
        '"9999-12-31T23:59:59Z"',
        '"2099-01-01T00:00Z"',
    ),
    *('"2026-01-09"', '"2026-02-30T00:00:00Z"', "253402300800", "-62135596800", "1e18", '"NaN"'),
    *("[]", "{}", "[[[]]]", '{"key":{}}', "[" * 500 + "]" * 500, '"' + "x" * 12_000 + '"'),
    *('"' + "\\u0301" * 900 + '"', '"\\ufdfa"', '"' + "\\ufdfa" * 190 + '"', '{"error_code":"X"}'),
)
CELLS: tuple[str, ...] = (
    "",
    " ",
    "NaN",
    "inf",
    "-1e999",
    "9" * 400,
    "\x00",
    "\x1b[31m",
    "é" * 300,
    "=cmd()",
)
MORE_CELLS = (
    "0001-01-01T00:00:00Z",
    "9999-12-31",
    "99991231_235959",
    "1.9",
    "-99",
    "true",
    '"',
    "a,b",
)
PADDING = (b"\xef\xbb\xbf", b"\x00", b"\xff\xfe", b"<html>", b"[", b"]", b"}", b" ", b"\n\n", b"1")
MARK = "\ue000{}\ue000"  # stands for a literal until the document is text


class Hostile(NamedTuple):
    """One document: its kind and its bytes."""

    endpoint: str
    body: bytes


def documents(count: int, seed: int) -> Iterator[Hostile]:
    """So many hostile documents."""
    random = Random(seed)
    for _ in range(count):
        yield document(random)


def document(random: Random) -> Hostile:
    """One hostile document."""
    endpoint = random.choice(sorted(KINDS))
    if random.random() < 0.03:
        return Hostile(endpoint, random.randbytes(random.randrange(300)))
    body = (
        _broken_json(endpoint, random) if endpoint in JSON_KINDS else _broken_csv(endpoint, random)
    )
    if random.random() < 0.2:
        body = random.choice((_cut, _flipped, _padded))(body, random)
    return Hostile(endpoint, body)


def _broken_json(endpoint: str, random: Random) -> bytes:
    value = json.loads(_valid(endpoint))
    literals: list[str] = []
    for _ in range(random.randint(1, 4)):
        value = random.choice(CHANGES)(value, random, literals)
    text = json.dumps(value, ensure_ascii=False)
    for number, literal in enumerate(literals):
        text = text.replace(f'"{MARK.format(number)}"', literal)
        text = text.replace(MARK.format(number), "again")  # as the name of a field
    return text.encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (parent, key) below a value."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    return [(value, k) for k in keys] + [p for k in keys for p in _places(value[k])]


def _pick(value: Any, random: Random) -> tuple[Any, Any] | None:
    places = _places(value)
    return random.choice(places) if places else None


def _literal(random: Random, literals: list[str]) -> str:
    literals.append(random.choice(LITERALS))
    return MARK.format(len(literals) - 1)


def _replace(value: Any, random: Random, literals: list[str]) -> Any:
    place = _pick(value, random)
    if place is None:
        return _literal(random, literals)
    place[0][place[1]] = _literal(random, literals)
    return value


def _drop(value: Any, random: Random, literals: list[str]) -> Any:
    place = _pick(value, random)
    if place is not None:
        del place[0][place[1]]
    return value


def _rename(value: Any, random: Random, literals: list[str]) -> Any:
    place = _pick(value, random)
    if place is not None and isinstance(place[0], dict):
        place[0][f"{place[1]}s"] = place[0].pop(place[1])
    return value


def _double(value: Any, random: Random, literals: list[str]) -> Any:
    """A field stated twice, the second time with something hostile; an entry stated twice."""
    place = _pick(value, random)
    if place is None:
        return value
    parent, key = place
    if isinstance(parent, list):
        parent.append(parent[key])
        return value
    literals.append(random.choice(LITERALS))
    twice = f'{json.dumps(parent[key])},"{key}":{literals[-1]}'
    literals[-1] = twice
    parent[key] = MARK.format(len(literals) - 1)
    return value


def _swap(value: Any, random: Random, literals: list[str]) -> Any:
    one, other = _pick(value, random), _pick(value, random)
    if one is not None and other is not None:
        one[0][one[1]] = json.loads(json.dumps(other[0][other[1]]))
    return value


def _wrap(value: Any, random: Random, literals: list[str]) -> Any:
    place = _pick(value, random)
    if place is None or random.random() < 0.1:
        return random.choice(([value], {"data": value}, {"timestamp": 1, "data": [value]}))
    place[0][place[1]] = random.choice(([place[0][place[1]]], {"value": place[0][place[1]]}))
    return value


Change = Callable[[Any, Random, list[str]], Any]
CHANGES: tuple[Change, ...] = (_replace, _replace, _replace, _drop, _rename, _double, _swap, _wrap)


def _broken_csv(endpoint: str, random: Random) -> bytes:
    rows = [line.split(",") for line in _valid(endpoint).decode().splitlines()]
    for _ in range(random.randint(1, 4)):
        row = random.choice(rows)
        place = random.randrange(len(row)) if row else 0
        change = random.random()
        if change < 0.7 and row:
            row[place] = random.choice(CELLS + MORE_CELLS)
        elif change < 0.8:
            rows.append(list(row))
        elif change < 0.9 and row:
            del row[place]
        else:
            rows.remove(row)
        if not rows:
            break
    return "\n".join(",".join(row) for row in rows).encode()


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _flipped(body: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.randint(1, 8) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _padded(body: bytes, random: Random) -> bytes:
    more = random.choice(PADDING)
    return more + body if random.random() < 0.5 else body + more


@cache
def _valid(endpoint: str) -> bytes:
    return fixture_bytes(KINDS[endpoint])
