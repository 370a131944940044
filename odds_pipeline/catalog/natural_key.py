"""What names an event by what it is: its sport, its sides and its start.

Belongs here: the hash, and how names are compared. Does not belong here: matching events of
different sources (``matching``).

An event without a provider's id goes by it; beside a provider's id it is stored all the same
(``event_ids.sha_key``), of the event as it was stated first.
"""

from datetime import datetime
from hashlib import sha256
from unicodedata import normalize


def sha_key(
    sport_key: str,
    home_team: str,
    away_team: str,
    commence_time: datetime,
    day_only: bool,
    number: int = 1,
) -> str:
    """The same 64 hexadecimal digits for the same event in every process.

    Args:
        sport_key: the sport's key.
        home_team: name as stated; case, width and outer blanks do not count.
        away_team: likewise.
        commence_time: start, UTC.
        day_only: the start is known to the day: only its date counts.
        number: which of several games of these sides with this start, from 1 (doubleheaders).
    """
    start = commence_time.date().isoformat() if day_only else f"{commence_time:%Y-%m-%dT%H:%M:%SZ}"
    parts = [sport_key, *(plain_name(name) for name in (home_team, away_team)), start, str(number)]
    return sha256("\x1f".join(parts).encode()).hexdigest()


def plain_name(name: str) -> str:
    """A name as names are compared: without case, width and outer or double blanks."""
    return " ".join(normalize("NFKC", name).casefold().split())
