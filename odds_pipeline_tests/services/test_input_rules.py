"""Every rule at the door, through the whole path: stored, normalised, kept or quarantined.

Each document holds one good event, which is always kept whole, and one odd event for each case.
"""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.services.import_files import import_paths
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.validate import validate_day
from odds_pipeline.sources.assembly import MOST_REJECTIONS, NOT_LISTED
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import event, store

PLACE = "[{}].bookmakers[0].markets[0].outcomes[0]"
CYRILLIC = "B\u043eston"
AGAIN = "\ue000"  # stands for what json.dumps would never write


def _two(**changed: Any) -> list[dict[str, Any]]:
    return [event("good"), event("odd", **changed)]


def _filled(document: object, literals: Iterable[str]) -> bytes:
    """The document with each mark in turn replaced by the next literal."""
    parts = json.dumps(document, ensure_ascii=False).split(f'"{AGAIN}"')
    fillings = [*literals, ""]
    return "".join(p + f for p, f in zip(parts, fillings, strict=True)).encode()


def _with(literal: str, **changed: Any) -> bytes:
    return _filled(_two(**changed), [literal])


def _odd(number: int, **changed: Any) -> dict[str, Any]:
    return event(f"odd{number}", **changed)


def _quarantined(platform: Platform) -> list[tuple[Any, ...]]:
    return rows(platform, "SELECT location, reason, evidence, event_id FROM quarantine ORDER BY id")


def _prices(platform: Platform) -> dict[str, list[float | None]]:
    found = rows(
        platform,
        """SELECT event_id, array_agg(price ORDER BY name) FROM quotes
        JOIN event_ids USING (event_no) JOIN selections USING (selection_id)
        JOIN names ON name_id = outcome_id GROUP BY event_id""",
    )
    return dict(found)


def _finish(platform: Platform, document: object) -> None:
    store(platform, document)
    done = finish_pending(platform)
    assert (done.documents, done.failed) == (1, 0)
    assert rows(platform, "SELECT count(*) FROM pending_raw") == [(0,)]
    assert _prices(platform)["good"] == [3.1, 1.4]


PRICES = {
    "NaN": "decimal price is not finite",
    "Infinity": "decimal price is not finite",
    "-Infinity": "decimal price is not finite",
    "1e999": "decimal price is not finite",
    "1" * 5_000: "decimal price is not finite",
    "9" * 300: "is out of range",
    "2147483648": "is out of range",
    "1e6": "is out of range",
    "0": "is out of range",
    "-1.5": "is out of range",
    "0.99": "is out of range",
    "true": "price is not a number",
    '"1.9"': "price is not a number",
    "null": "price is not a number",
    '""': "price is not a number",
    "[1.9]": "price is not a number",
}


def test_a_price_that_is_none_is_unusable_and_harms_no_other(platform: Platform) -> None:
    odd = [_odd(number, prices=(AGAIN, 2.5)) for number in range(len(PRICES))]
    _finish(platform, _filled([event("good"), *odd], PRICES))
    found = _quarantined(platform)
    for number, (reason, row) in enumerate(zip(PRICES.values(), found, strict=True)):
        where, why, evidence, event_id = row
        assert (where, event_id) == (PLACE.format(number + 1), f"odd{number}")
        assert reason in why
        assert '"Home"' in evidence
        assert _prices(platform)[f"odd{number}"] == [2.5, None]


def test_an_american_price_out_of_range_is_unusable(platform: Platform) -> None:
    prices = [2**31, -(2**31), 99, -99, 0, 10**400]
    odd = [_odd(number, prices=(price, 150)) for number, price in enumerate(prices)]
    store(platform, [event("good", (-110, 100)), *odd], odds_format=OddsFormat.AMERICAN)
    assert finish_pending(platform).quarantined == len(prices)
    stored = _prices(platform)
    assert all(stored[f"odd{number}"] == [2.5, None] for number in range(len(prices)))
    assert len(stored["good"]) == 2


def test_a_point_that_is_none_rejects_its_outcome(platform: Platform) -> None:
    literals = ["NaN", "1e999", "1e7", '"5"', "true", "[]"]
    odd = [_odd(number) for number in range(len(literals))]
    for one in odd:
        one["bookmakers"][0]["markets"][0]["outcomes"][0]["point"] = AGAIN
    _finish(platform, _filled([event("good"), *odd], literals))
    assert [row[:2] for row in _quarantined(platform)] == [
        (PLACE.format(number + 1), "point is not a number in range")
        for number in range(len(literals))
    ]


NAMES = {
    '"\\ud800"': "lone surrogate",
    '"' + "x" * 12_000 + '"': "longer than 200",
    '"' + "\\ufdfa" * 150 + '"': "longer than 200",  # 18 characters each, once spelled out
    '"\\u0000"': "name is empty",
    '"\\u200b\\u202e"': "name is empty",
    '"   "': "name is empty",
    "7": "name is not text",
    "NaN": "name is not text",
    '{"a":1}': "type it cannot have",
}


@pytest.mark.parametrize("field", ["home_team", "sport_title", "name"])
def test_a_name_that_is_none_is_quarantined(platform: Platform, field: str) -> None:
    changed: dict[str, Any] = {"names": (AGAIN, "Away")} if field == "name" else {field: AGAIN}
    odd = [_odd(number, **changed) for number in range(len(NAMES))]
    _finish(platform, _filled([event("good"), *odd], NAMES))
    found = _quarantined(platform)
    for number, (reason, row) in enumerate(zip(NAMES.values(), found, strict=True)):
        where, why, evidence, _ = row
        assert where == (PLACE if field == "name" else "[{}]").format(number + 1)
        assert reason in why
        assert 0 < len(evidence) <= 2_000
    assert ("odd0" in _prices(platform)) is (field == "name")


def test_a_start_out_of_range_rejects_its_event(platform: Platform) -> None:
    starts = [
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2060-01-01T00:00:00Z", "2026-02-30"),
        *("", 253402300800, -1, 1e300, None, True),
    ]
    odd = [_odd(number, commence_time=start) for number, start in enumerate(starts)]
    _finish(platform, [event("good"), *odd])
    found = _quarantined(platform)
    assert [where for where, *_ in found] == [f"[{n + 1}]" for n in range(len(starts))]
    assert all("time" in why or "start" in why for _, why, *_ in found)
    assert all("odd" in evidence for _, _, evidence, _ in found)
    assert rows(platform, "SELECT count(*) FROM snapshots WHERE unlisted") == [(0,)]


def test_a_last_update_of_the_future_counts_as_not_stated(platform: Platform) -> None:
    odd = event("odd")
    odd["bookmakers"][0]["markets"][0]["last_update"] = "2029-01-01T00:00:00Z"
    _finish(platform, [event("good"), odd])
    ((where, why, _, _),) = _quarantined(platform)
    assert where == "[1].bookmakers[0].markets[0].last_update"
    assert "too far in the future" in why
    assert _prices(platform)["odd"] == [3.1, 1.4]


def test_a_key_that_is_none_rejects_its_bookmaker(platform: Platform) -> None:
    odd = event("odd")
    keys = ["Pinnacle", "pin nacle", "", "é", "x" * 101, "a\x00b", 7, None, [1]]
    odd["bookmakers"] += [{"key": key, "title": "X", "markets": []} for key in keys]
    _finish(platform, [event("good"), odd])
    found = _quarantined(platform)
    places = [f"[1].bookmakers[{number + 1}]" for number in range(len(keys))]
    assert [(where, event_id) for where, _, _, event_id in found] == [(p, "odd") for p in places]
    assert _prices(platform)["odd"] == [3.1, 1.4]


def test_a_title_that_is_none_is_told_once(platform: Platform) -> None:
    document = [event("good"), *(event(f"e{number}") for number in range(3))]
    for odd in document[1:]:
        odd["bookmakers"][0]["title"] = "T" * 201
    _finish(platform, document)
    ((where, why, _, _),) = _quarantined(platform)
    assert (where, why) == ("title of pinnacle", "name is longer than 200 characters")


def test_only_one_team_is_none(platform: Platform) -> None:
    _finish(platform, _two(home_team=""))
    ((where, why, _, _),) = _quarantined(platform)
    assert (where, why) == ("[1]", "only one of the two teams is stated")


def test_a_field_stated_twice_counts_as_last_stated_and_is_told(platform: Platform) -> None:
    """As every reader of JSON does, PostgreSQL's jsonb too; the bytes keep both."""
    _finish(platform, _with('"No","home_team":"Home"', home_team=AGAIN))
    assert _quarantined(platform) == []
    assert rows(platform, "SELECT home_team FROM matchups") == [("Home",)]
    ((told,),) = rows(platform, "SELECT description FROM data_quality_logs")
    assert told == "odds: field stated twice home_team"


def test_look_alikes_are_two_names_and_spellings_of_one_are_one(platform: Platform) -> None:
    """A Cyrillic letter is another letter: never merged. NFD, width and hidden marks are not."""
    _finish(platform, _two(home_team=CYRILLIC))
    for number, spelling in enumerate(
        ("Málaga", "Ma\u0301laga", "Má\u200blaga", "\uff2d\u00e1laga ")
    ):
        store(platform, [event(f"m{number}", home_team=spelling)])
    store(platform, [event("latin", home_team="Boston")])
    finish_pending(platform)
    teams = {team for (team,) in rows(platform, "SELECT home_team FROM matchups")}
    assert teams == {"Home", CYRILLIC, "Boston", "Málaga"}
    assert _quarantined(platform) == []


BROKEN = {
    "invalid UTF-8": b'[{"id":"\xff"}]',
    "cut off": json.dumps([event("good")]).encode()[:-9],
    "trailing garbage": json.dumps([event("good")]).encode() + b"]",
    "two documents": b"[][]",
    "HTML": b"<!doctype html><title>502</title>",
    "empty": b"",
    "nested 10k": b"[" * 10_000 + b"]" * 10_000,
    "nested 200k": b'[{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}]",
    "an error at 200": b'{"error_code":"UNKNOWN","message":"no"}',
    "a bare number": b"9" * 5_000,
    "null": b"null",
}


def test_what_is_no_document_is_refused_whole_and_kept(platform: Platform) -> None:
    stored = {store(platform, body): name for name, body in BROKEN.items()}
    store(platform, [event("good")])
    done = finish_pending(platform)
    assert (done.documents, done.failed) == (len(BROKEN) + 1, len(BROKEN))
    for where, why, evidence, _ in _quarantined(platform):
        assert where == "document"
        assert "\n" not in why
        assert 10 < len(why) < 300
        assert evidence
    marked = rows(platform, "SELECT raw_id FROM normalisations WHERE status = 'failed'")
    assert {raw_id for (raw_id,) in marked} == stored.keys()
    with transaction(platform.engine) as conn:
        assert all(raw.read(conn, raw_id).body == BROKEN[stored[raw_id]] for raw_id in stored)
    assert "good" in _prices(platform)


def test_a_byte_order_mark_is_no_fault(platform: Platform) -> None:
    _finish(platform, b"\xef\xbb\xbf" + json.dumps(_two()).encode())
    assert _quarantined(platform) == []


def test_a_document_cannot_fill_the_database_with_rejections(platform: Platform) -> None:
    names = tuple(f"n{number}" for number in range(MOST_REJECTIONS + 50))
    _finish(platform, _two(names=names, prices=("no",) * len(names)))
    assert rows(platform, "SELECT count(*) FROM quarantine") == [(MOST_REJECTIONS,)]
    assert _quarantined(platform)[-1][1] == NOT_LISTED


def test_a_document_of_nothing_but_rejections_is_refused_whole(platform: Platform) -> None:
    store(platform, b"[" + b"{}," * 250_000 + b"{}]")
    store(platform, b"[" + b'{"bookmakers":[]},' * 120_000 + b"{}]")
    assert finish_pending(platform).failed == 2
    first, second = (why for _, why, *_ in _quarantined(platform))
    assert "more than 200,000 entries" in first
    assert "more than 100,000 parts" in second


def test_a_document_cannot_use_up_the_numbers_of_bookmakers(platform: Platform) -> None:
    odd = event("odd")
    odd["bookmakers"] += [{"key": f"book{n}", "markets": [], "title": "B"} for n in range(1_500)]
    for book in odd["bookmakers"][1:]:
        book["markets"] = [{"key": "h2h", "outcomes": [{"name": "Home", "price": 2.0}]}]
    _finish(platform, [event("good"), odd])
    assert rows(platform, "SELECT count(*) < 1000 FROM bookmakers") == [(True,)]
    assert "more than 1,000 different keys" in _quarantined(platform)[0][1]


HOSTILE = ("[/x]", "[link=javascript:1]x[/link]", "\x1b[31mred\x1b[0m", "'; DROP TABLE odds; --")


def test_markup_and_escapes_are_text(platform: Platform) -> None:
    _finish(
        platform, [event("good"), *(event(f"h{i}", home_team=t) for i, t in enumerate(HOSTILE))]
    )
    teams = {team for (team,) in rows(platform, "SELECT home_team FROM matchups")}
    assert teams == {"Home", HOSTILE[0], HOSTILE[1], "[31mred[0m", HOSTILE[3]}
    assert rows(platform, "SELECT count(*) > 0 FROM odds") == [(True,)]


# --- the importer's door ---


def test_a_file_with_a_name_that_is_no_text_is_imported(platform: Platform, tmp_path: Path) -> None:
    body = json.dumps([event("good", (-110, 100))]).encode()
    path = tmp_path / b"\xff\x1b[31m.json".decode("utf-8", "surrogateescape")
    path.write_bytes(body)
    (done,) = import_paths(platform, [path]).files
    assert (done.status, done.quotes) == ("imported", 2)


def test_an_imported_body_with_one_number_that_is_none_keeps_its_format(
    platform: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(
        _with("NaN", prices=(AGAIN, 150)).replace(b"1.4", b"-250").replace(b"3.1", b"210")
    )
    (done,) = import_paths(platform, [path]).files
    assert (done.status, done.quarantined) == ("imported", 1)
    assert _prices(platform) == {"good": [3.1, 1.4], "odd": [2.5, None]}


def test_a_row_is_rejected_and_the_rest_of_its_file_kept(
    platform: Platform, tmp_path: Path
) -> None:
    header = "event_id,commence_time,snapshot_time,bookmaker,market,outcome_name,price"
    start = "good,2026-03-10T20:00:00Z,2026-03-10T12:00:00Z,pinnacle,h2h"
    spoiled = [
        f"{start},Home,1.4",
        f"{start},Away,inf",
        f"{start},{'x' * 300},2.0",
        "good,9999-12-31,2026-03-10T12:00:00Z,pinnacle,h2h,Home,1.4",
        "good,2026-03-10T20:00:00Z,9999-01-01T00:00:00Z,pinnacle,h2h,Home,1.4",
        f"{start},too,many,fields",
    ]
    path = tmp_path / "series.csv"
    path.write_text("\n".join([header, *spoiled]))
    (done,) = import_paths(platform, [path]).files
    assert (done.status, done.quarantined, done.captures) == ("imported", 5, 1)
    assert _prices(platform) == {"good": [None, 1.4]}
    assert rows(platform, "SELECT max(capture_time) < '2027-01-01' FROM captures") == [(True,)]
    results = {r.rule.name: r for r in validate_day(platform, date(2026, 3, 10))}
    assert not results["quarantine_share"].passed
