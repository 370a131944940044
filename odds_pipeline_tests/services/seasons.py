"""A few games to freeze and bet on, imported as a person would."""

from datetime import date, timedelta
from pathlib import Path

from odds_pipeline.services.backtests import Plan
from odds_pipeline.services.datasets.terms import Terms
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.parse import layout_from

MAPPING = """
name = "mine"
required = ["day", "home", "away"]
odds_format = "decimal"
sport = "icehockey_nhl"
date = "day"
date_forms = ["%Y-%m-%d"]
home = "home"
away = "away"
home_score = "home_goals"
away_score = "away_goals"

[[markets]]
bookmaker = "pinnacle"
market = "h2h"
phase = "early"
prices = { home = "pin_home_early", away = "pin_away_early" }

[[markets]]
bookmaker = "pinnacle"
market = "h2h"
phase = "close"
prices = { home = "pin_home", away = "pin_away" }

[[markets]]
bookmaker = "bovada"
market = "h2h"
phase = "close"
prices = { home = "bov_home", away = "bov_away" }
"""
# Favourites win three of four; the last game has no result.
GAMES = """\
day,home,away,home_goals,away_goals,pin_home_early,pin_away_early,pin_home,pin_away,bov_home,bov_away
2025-01-10,Boston Bruins,Buffalo Sabres,3,2,1.55,2.50,1.50,2.60,1.52,2.50
2025-01-11,Calgary Flames,Dallas Stars,1,4,2.30,1.65,2.40,1.60,2.30,1.58
2025-01-12,New York Rangers,Florida Panthers,2,5,1.85,2.00,1.80,2.05,1.95,2.30
2025-01-13,Ottawa Senators,Minnesota Wild,6,0,1.45,2.80,1.40,3.00,1.38,3.05
2025-01-14,Toronto Maple Leafs,Vegas Golden Knights,,,1.95,1.88,1.90,1.92,1.90,1.91
"""
SPORT = "icehockey_nhl"
TERMS = Terms((SPORT,), date(2025, 1, 1), date(2025, 1, 31), (timedelta(hours=-6),), at_close=True)
FAVOURITES = Plan("favourite", sizing="flat", size=1.0)


def bring(platform: Platform, folder: Path, games: str = GAMES) -> None:
    """Import the games."""
    (folder / "mine.toml").write_text(MAPPING)
    (folder / "games.csv").write_text(games)
    stated = Stated(layout=layout_from(folder / "mine.toml"))
    (file,) = import_paths(platform, [folder / "games.csv"], stated).files
    assert file.status == "imported", file.reason
