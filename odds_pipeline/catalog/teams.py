"""The teams of leagues whose lists are closed, and the names that archives have for them.

A team is one entry: its name as the provider spells it, and every other spelling met. A sport
without a list keeps names as stated. A name that a closed list does not know is kept as it is
spelled and waits in the review queue until somebody says whose it is (`odds review`).

Franchises that moved or were renamed go by their present name, as archives themselves have it.
"""

from collections.abc import Mapping
from types import MappingProxyType

_NBA = {
    "Atlanta Hawks": ("atl", "Atlanta"),
    "Boston Celtics": ("bos", "Boston"),
    "Brooklyn Nets": ("bkn", "Brooklyn", "NewJersey", "New Jersey Nets"),
    "Charlotte Hornets": ("cha", "Charlotte", "Charlotte Bobcats"),
    "Chicago Bulls": ("chi", "Chicago"),
    "Cleveland Cavaliers": ("cle", "Cleveland"),
    "Dallas Mavericks": ("dal", "Dallas"),
    "Denver Nuggets": ("den", "Denver"),
    "Detroit Pistons": ("det", "Detroit"),
    "Golden State Warriors": ("gs", "GoldenState"),
    "Houston Rockets": ("hou", "Houston"),
    "Indiana Pacers": ("ind", "Indiana"),
    "Los Angeles Clippers": ("lac", "LAClippers", "LA Clippers"),
    "Los Angeles Lakers": ("lal", "LALakers", "LA Lakers"),
    "Memphis Grizzlies": ("mem", "Memphis"),
    "Miami Heat": ("mia", "Miami"),
    "Milwaukee Bucks": ("mil", "Milwaukee"),
    "Minnesota Timberwolves": ("min", "Minnesota"),
    "New Orleans Pelicans": ("no", "NewOrleans", "New Orleans Hornets"),
    "New York Knicks": ("ny", "NewYork"),
    "Oklahoma City Thunder": ("okc", "OklahomaCity", "Seattle", "Seattle SuperSonics"),
    "Orlando Magic": ("orl", "Orlando"),
    "Philadelphia 76ers": ("phi", "Philadelphia"),
    "Phoenix Suns": ("phx", "Phoenix"),
    "Portland Trail Blazers": ("por", "Portland"),
    "Sacramento Kings": ("sac", "Sacramento"),
    "San Antonio Spurs": ("sa", "SanAntonio"),
    "Toronto Raptors": ("tor", "Toronto"),
    "Utah Jazz": ("utah", "Utah"),
    "Washington Wizards": ("wsh", "Washington"),
}

_MLB: dict[str, tuple[str, ...]] = {
    "Arizona Diamondbacks": (),
    "Atlanta Braves": (),
    "Baltimore Orioles": (),
    "Boston Red Sox": (),
    "Chicago Cubs": (),
    "Chicago White Sox": (),
    "Cincinnati Reds": (),
    "Cleveland Guardians": ("Cleveland Indians",),
    "Colorado Rockies": (),
    "Detroit Tigers": (),
    "Houston Astros": (),
    "Kansas City Royals": (),
    "Los Angeles Angels": (),
    "Los Angeles Dodgers": (),
    "Miami Marlins": (),
    "Milwaukee Brewers": (),
    "Minnesota Twins": (),
    "New York Mets": (),
    "New York Yankees": (),
    "Athletics": ("Oakland Athletics",),
    "Philadelphia Phillies": (),
    "Pittsburgh Pirates": (),
    "San Diego Padres": (),
    "San Francisco Giants": (),
    "Seattle Mariners": (),
    "St. Louis Cardinals": ("St Louis Cardinals",),
    "Tampa Bay Rays": (),
    "Texas Rangers": (),
    "Toronto Blue Jays": (),
    "Washington Nationals": (),
}


_AFL = {
    "Adelaide Crows": ("Adelaide",),
    "Brisbane Lions": ("Brisbane",),
    "Carlton Blues": ("Carlton",),
    "Collingwood Magpies": ("Collingwood",),
    "Essendon Bombers": ("Essendon",),
    "Fremantle Dockers": ("Fremantle",),
    "Geelong Cats": ("Geelong",),
    "Gold Coast Suns": ("Gold Coast", "Gold Coast SUNS"),
    "Greater Western Sydney Giants": ("GWS Giants", "GWS GIANTS", "Greater Western Sydney"),
    "Hawthorn Hawks": ("Hawthorn",),
    "Melbourne Demons": ("Melbourne",),
    "North Melbourne Kangaroos": ("North Melbourne",),
    "Port Adelaide Power": ("Port Adelaide",),
    "Richmond Tigers": ("Richmond",),
    "St Kilda Saints": ("St Kilda",),
    "Sydney Swans": ("Sydney",),
    "West Coast Eagles": ("West Coast",),
    "Western Bulldogs": ("Footscray",),
}

_WNBA: dict[str, tuple[str, ...]] = {
    "Atlanta Dream": (),
    "Chicago Sky": (),
    "Connecticut Sun": (),
    "Dallas Wings": (),
    "Golden State Valkyries": (),
    "Indiana Fever": (),
    "Las Vegas Aces": (),
    "Los Angeles Sparks": (),
    "Minnesota Lynx": (),
    "New York Liberty": (),
    "Phoenix Mercury": (),
    "Portland Fire": (),
    "Seattle Storm": (),
    "Toronto Tempo": (),
    "Washington Mystics": (),
}


def _by_spelling(teams: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    return MappingProxyType(
        {spelling: name for name, others in teams.items() for spelling in (name, *others)}
    )


CLOSED_LISTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "basketball_nba": _by_spelling(_NBA),
        "basketball_wnba": _by_spelling(_WNBA),
        "baseball_mlb": _by_spelling(_MLB),
        "aussierules_afl": _by_spelling(_AFL),
    }
)


def team_named(sport_key: str, spelling: str) -> str | None:
    """A team's name by any of its spellings; ``None`` if the sport's closed list lacks it.

    A sport without a closed list takes every name as it is.
    """
    closed = CLOSED_LISTS.get(sport_key)
    return spelling if closed is None else closed.get(spelling)
