"""What names an event that no provider has given an id.

Belongs here: the hash of sport, sides and start. Does not belong here: matching events of
different sources.
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
    parts = [sport_key, *(_plain(name) for name in (home_team, away_team)), start, str(number)]
    return sha256("\x1f".join(parts).encode()).hexdigest()


def _plain(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())
