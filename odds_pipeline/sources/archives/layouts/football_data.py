"""football-data.co.uk: European league results with the prices of many books.

Prices are "early" (collected on a Friday for the weekend, on a Tuesday for the week) and, since
2012 for Pinnacle and 2019 for all, closing (a `C` behind the book). The maximum and the average
over all books stand as books of their own, `market_best` and `market_average`.
Source: football-data.co.uk, "Notes".
"""

from collections.abc import Iterator

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.archives.layout import Layout, MarketColumns, Side
from odds_pipeline.sources.archives.phases import Phase

BOOKS = {
    "B365": "bet365",
    "BF": "betfair_sportsbook",
    "BFD": "betfred_uk",
    "BFE": "betfair_ex_uk",
    "BMGM": "betmgm_uk",
    "BS": "bluesquare",
    "BV": "betvictor",
    "BW": "bwin",
    "CL": "coral",
    "GB": "gamebookers",
    "IW": "interwetten",
    "LB": "ladbrokes_uk",
    "PS": "pinnacle",
    "P": "pinnacle",
    "SB": "sportingbet",
    "SJ": "stanjames",
    "SO": "sporting_odds",
    "SY": "stanleybet",
    "VC": "betvictor",
    "WH": "williamhill",
    "1XB": "onexbet",
    "Max": "market_best",
    "BbMx": "market_best",
    "Avg": "market_average",
    "BbAv": "market_average",
}
LEAGUES = {
    "E0": "soccer_epl",
    "E1": "soccer_efl_champ",
    "E2": "soccer_england_league1",
    "E3": "soccer_england_league2",
    "EC": "soccer_england_national_league",
    "SC0": "soccer_spl",
    "SC1": "soccer_scotland_championship",
    "SC2": "soccer_scotland_league1",
    "SC3": "soccer_scotland_league2",
    "D1": "soccer_germany_bundesliga",
    "D2": "soccer_germany_bundesliga2",
    "I1": "soccer_italy_serie_a",
    "I2": "soccer_italy_serie_b",
    "SP1": "soccer_spain_la_liga",
    "SP2": "soccer_spain_segunda_division",
    "F1": "soccer_france_ligue_one",
    "F2": "soccer_france_ligue_two",
    "N1": "soccer_netherlands_eredivisie",
    "B1": "soccer_belgium_first_div",
    "P1": "soccer_portugal_primeira_liga",
    "T1": "soccer_turkey_super_league",
    "G1": "soccer_greece_super_league",
}
PHASES = ((Phase.EARLY, ""), (Phase.CLOSE, "C"))
GOALS = 2.5
OLD = frozenset({"BbMx", "BbAv"})  # before 2019: no closing prices, handicap in a column of its own


def _columns() -> Iterator[MarketColumns]:
    for prefix, book in BOOKS.items():
        for phase, mark in PHASES:
            if prefix in OLD and phase is Phase.CLOSE:
                continue
            name = f"{prefix}{mark}"
            yield MarketColumns(
                book,
                "h2h",
                phase,
                {Side.HOME: f"{name}H", Side.DRAW: f"{name}D", Side.AWAY: f"{name}A"},
            )
            yield MarketColumns(
                book,
                "totals",
                phase,
                {Side.OVER: f"{name}>2.5", Side.UNDER: f"{name}<2.5"},
                GOALS,
            )
            yield MarketColumns(
                book,
                "spreads",
                phase,
                {Side.HOME: f"{name}AHH", Side.AWAY: f"{name}AHA"},
                "BbAHh" if prefix in OLD else f"AH{mark}h",
            )


LAYOUT = Layout(
    name="football-data",
    required=("Div", "Date", "HomeTeam", "AwayTeam", "FTHG", "FTAG"),
    odds_format=OddsFormat.DECIMAL,
    sport_column="Div",
    sports=LEAGUES,
    date="Date",
    date_forms=("%d/%m/%y", "%d/%m/%Y"),
    time="Time",
    zone="Europe/London",
    home="HomeTeam",
    away="AwayTeam",
    home_score="FTHG",
    away_score="FTAG",
    result="FTR",
    markets=tuple(_columns()),
)
