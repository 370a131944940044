"""Calls to a running provider, as the protocol's tests make them."""

from pathlib import Path

import requests

from odds_pipeline.simulator.server import RunningSimulator

KEY = "k"
Headers = tuple[int, int, int]


def call(
    provider: RunningSimulator, path: str, method: str = "GET", **query: str
) -> requests.Response:
    """One call with a key; an empty ``apiKey`` leaves it out."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method, provider.url + path, params={"apiKey": KEY, **query}, timeout=30
        )


def headers(response: requests.Response) -> Headers:
    """Credits remaining, used and last."""
    remaining, used, last = (
        int(response.headers[f"x-requests-{name}"]) for name in ("remaining", "used", "last")
    )
    return remaining, used, last


def event_with(provider: RunningSimulator, sport_key: str, books: str, markets: str = "h2h") -> str:
    """The first game ahead for which each of the books shows each of the markets.

    It is looked for with another key, so that the caller's own is charged nothing.
    """
    wanted = {(book, market) for book in books.split(",") for market in markets.split(",")}
    path = f"/v4/sports/{sport_key}/events"
    for event in call(provider, path, status="pre").json():
        query = {"bookmakers": books, "markets": markets, "apiKey": "scout"}
        found = call(provider, f"{path}/{event['id']}/odds", **query).json()
        shown = {
            (book["key"], market["key"])
            for book in found["bookmakers"]
            for market in book["markets"]
        }
        if wanted <= shown:
            return str(event["id"])
    raise AssertionError(f"no {sport_key} game ahead has {markets} at {books}")


def fields(rows: object, where: str = "") -> set[tuple[str, str]]:
    """Every (path, type) of a document; whole and broken numbers are both ``number``."""
    found: set[tuple[str, str]] = set()
    if isinstance(rows, list):
        for row in rows:
            found |= fields(row, where)
    elif isinstance(rows, dict):
        for name, value in rows.items():
            found |= {(f"{where}.{name}", _kind(value))} | fields(value, f"{where}.{name}")
    return found


def _kind(value: object) -> str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if numeric else type(value).__name__


def write(folder: Path, place: str, text: str) -> None:
    """A file of a replay folder."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
