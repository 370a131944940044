"""Names that harm whoever stores, compares, prints or exports them.

Belongs here: the names. Each becomes a home team, with its outcomes, and a bookmaker's title.
"""

from itertools import cycle

from odds_pipeline.simulator.faults.documents import Json, edited, outcomes_in
from odds_pipeline.simulator.faults.fault import Call, Served, fault

HOSTILE_NAMES = (
    "New\x00York",  # PostgreSQL's text holds no NUL
    "Lone \ud800 surrogate",
    "\udfff",
    "L" + "o" * 12_000 + "ng",  # longer than a row of an index
    "Mu\u0308nchen",  # decomposed
    "Za\u200bl\u200dgi\ufeffris",  # zero-width
    "\u202elanrevo\u202c",  # right to left
    "\u0421eltics",  # a Cyrillic letter
    "[bold red]Team[/bold red] [/x] [link=http://elsewhere.invalid]click[/link]",
    "\x1b[2J\x1b]0;title\x07Team",  # clears a terminal
    "=cmd|' /C calc'!A1",
    "@SUM(1+1)*cmd",
    "+1-800",
    "-2+3",
    "\tTab\r\nand lines",
    "**Team** [x](javascript:alert(1)) <img src=x onerror=alert(1)> <script>alert(1)</script>",
    "Robert'); DROP TABLE events; --",
    "%s %(name)s {0} {name} $1 \\",
    "@everyone <@1>",
    "../../etc/passwd",
    "",
    " ",
    "null",
    "\U0001f3c0" * 40,
)


@fault(charged=True)
def hostile_names(call: Call) -> Served:
    """Teams, outcomes and titles with NUL, surrogates, 12 kB, markup, escapes, formulas, SQL."""
    names = cycle(HOSTILE_NAMES)

    def edit(events: list[Json]) -> None:
        for event in events:
            home, hostile = event.get("home_team"), next(names)
            event["home_team"] = hostile
            for outcome in outcomes_in([event]):
                outcome["name"] = hostile if outcome["name"] == home else outcome["name"]
            for bookmaker in event.get("bookmakers", ()):
                bookmaker["title"] = next(names)

    return edited(call.serve(), edit)


@fault(charged=True)
def hostile_keys(call: Call) -> Served:
    """Ids and keys that are none: the first bookmaker's, market's and event's."""

    def edit(events: list[Json]) -> None:
        for event, hostile in zip(events, cycle(HOSTILE_NAMES), strict=False):
            for bookmaker in event.get("bookmakers", ())[:1]:
                bookmaker["key"] = hostile
                for market in bookmaker["markets"][:1]:
                    market["key"] = hostile
        for event in events[:1]:
            event["id"] = "'; DROP TABLE events; --\x00"

    return edited(call.serve(), edit)
