"""Archives of American leagues, in the layouts that sportsbookreviewsonline's files go round in.

None names its books: the archive's line is one book's of its own, `sbr_consensus`. Spreads and
totals mostly come without a price, so that the line is known and no price is.
"""

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.archives.layout import Layout, MarketColumns, Shape, Side
from odds_pipeline.sources.archives.phases import Phase

BOOK = "sbr_consensus"
SPREAD = {Side.HOME: "", Side.AWAY: ""}
TOTAL = {Side.OVER: "", Side.UNDER: ""}


def _moneyline(phase: Phase, home: str, away: str) -> MarketColumns:
    return MarketColumns(BOOK, "h2h", phase, {Side.HOME: home, Side.AWAY: away})


NBA_GAMES = Layout(
    name="sbr-games",
    required=("dates", "away", "home", "whos_favored", "moneyline_away", "moneyline_home"),
    odds_format=OddsFormat.AMERICAN,
    sport="basketball_nba",
    date="dates",
    date_forms=("%m/%d/%Y",),
    home="home",
    away="away",
    home_score="score_home",
    away_score="score_away",
    closed_names=True,
    shape=Shape.FAVOURITE,
    markets=(
        _moneyline(Phase.CLOSE, "moneyline_home", "moneyline_away"),
        MarketColumns(BOOK, "spreads", Phase.CLOSE, SPREAD, "home_spread"),
        MarketColumns(BOOK, "totals", Phase.CLOSE, TOTAL, "total"),
    ),
)

NBA_ROWS = Layout(
    name="sbr-rows",
    required=("Date", "VH", "Team", "Final", "Open", "Close", "ML"),
    odds_format=OddsFormat.AMERICAN,
    sport="basketball_nba",
    date="Date",
    date_forms=("%m%d",),
    home="home",
    away="away",
    home_score="home_score",
    away_score="away_score",
    closed_names=True,
    shape=Shape.TWO_ROWS,
    markets=(
        _moneyline(Phase.CLOSE, "home_ml", "away_ml"),
        *(
            MarketColumns(BOOK, market, phase, sides, f"{phase}_{column}")
            for phase in (Phase.OPEN, Phase.CLOSE)
            for market, sides, column in (
                ("spreads", SPREAD, "spread"),
                ("totals", TOTAL, "total"),
            )
        ),
    ),
)

NBA_MONEYLINES = Layout(
    name="moneylines",
    required=("date", "game", "away_name", "home_name", "away_ml", "home_ml"),
    odds_format=OddsFormat.AMERICAN,
    sport="basketball_nba",
    date="date",
    home="home_name",
    away="away_name",
    home_score="home_score",
    away_score="away_score",
    number="game",
    closed_names=True,
    markets=(_moneyline(Phase.CLOSE, "home_ml", "away_ml"),),
)

MLB_OPEN_CLOSE = Layout(
    name="mlb-open-close",
    required=("date", "game", "away_name", "home_name", "home_open_ml", "home_close_ml"),
    odds_format=OddsFormat.AMERICAN,
    sport="baseball_mlb",
    date="date",
    home="home_name",
    away="away_name",
    home_score="home_score",
    away_score="away_score",
    number="game",
    closed_names=True,
    markets=(
        _moneyline(Phase.OPEN, "home_open_ml", "away_open_ml"),
        _moneyline(Phase.CLOSE, "home_close_ml", "away_close_ml"),
        MarketColumns(
            BOOK,
            "spreads",
            Phase.CLOSE,
            {Side.HOME: "home_run_line_odds", Side.AWAY: "away_run_line_odds"},
            "home_run_line",
        ),
        # The file has one price a total and does not say of which side.
        MarketColumns(BOOK, "totals", Phase.OPEN, TOTAL, "open_ou_line"),
        MarketColumns(BOOK, "totals", Phase.CLOSE, TOTAL, "close_ou_line"),
    ),
)
