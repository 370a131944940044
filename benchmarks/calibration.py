"""Which margin removal was right, on the recorded closing prices and results.

Not a measure of speed: it writes the table of docs/mathematics.md,
`python -m benchmarks.calibration ../shared/data`. Log loss is in nats a game; a method's difference
to multiplicative is in 1e-4 nats with its paired t, negative where the method is better.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from odds_pipeline.betting.arrays import Floats, Ints
from odds_pipeline.betting.calibration import compare_methods, log_losses, mean_loss
from odds_pipeline.betting.margin import overround
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.betting.odds_arrays import decimal_from_american

METHODS = ("multiplicative", "additive", "power", "odds_ratio", "shin", "probit", "goto")
ENGLAND = {
    "2005-15": "real/soccer/fdcouk_england_2005_06_to_2014_15.csv.gz",
    "2015-20": "real/soccer/fdcouk_england_2015_16_2016_17_2019_20.csv.gz",
}
BOOKS = (
    ("Pinnacle closing", "PSC", ("2015-20",)),
    ("Pinnacle early", "PS", ("2005-15", "2015-20")),
    ("Bet365 early", "B365", ("2005-15", "2015-20")),
    ("William Hill early", "WH", ("2005-15", "2015-20")),
    ("Interwetten early", "IW", ("2005-15", "2015-20")),
)
NBA = "real/nba/nba_closing_2008_2015.csv.gz"
FAVOURITE = 0.8

Market = tuple[str, Floats, Ints]  # name, decimal odds (games, n), place of the winner


def england(folder: Path, book: str, seasons: tuple[str, ...]) -> tuple[Floats, Ints]:
    """Prices of home, draw and away with the winners; repeated games once."""
    games = pd.concat(pd.read_csv(folder / ENGLAND[one], low_memory=False) for one in seasons)
    games = games.drop_duplicates(["Div", "Date", "HomeTeam", "AwayTeam"])
    prices = games[[book + side for side in "HDA"]].apply(pd.to_numeric, errors="coerce")
    won = games["FTR"].map({"H": 0, "D": 1, "A": 2}).fillna(-1)
    return prices.to_numpy(np.float64), np.asarray(won, dtype=np.int64)


def nba(folder: Path) -> tuple[Floats, Ints]:
    """Closing money lines of home and away with the winners; a tie has none."""
    games = pd.read_csv(folder / NBA)
    prices = decimal_from_american(games[["moneyline_home", "moneyline_away"]].to_numpy())
    margin = (games["score_home"] - games["score_away"]).to_numpy()
    return prices, np.asarray(np.select([margin > 0, margin < 0], [0, 1], -1), dtype=np.int64)


def markets(folder: Path) -> Iterator[Market]:
    """Every market of the table."""
    for name, book, seasons in BOOKS:
        yield (f"England, {name}", *england(folder, book, seasons))
    prices, won = nba(folder)
    yield "NBA closing money line", prices, won
    favourites = (1.0 / prices).max(axis=1) > FAVOURITE
    yield f"NBA favourites above {FAVOURITE:g}", prices[favourites], won[favourites]


def losses(prices: Floats, won: Ints) -> dict[str, Floats]:
    """Log loss of each game by each method, on the games that every method solves."""
    found = {name: log_losses(remove_margin(prices, name).probabilities, won) for name in METHODS}
    solved = np.isfinite(np.stack(list(found.values()))).all(axis=0)
    return {name: loss[solved] for name, loss in found.items()}


def table(folder: Path) -> str:
    """The table as the docs have it."""
    others = METHODS[1:]
    lines = [
        "| market | games | booksum | log loss | " + " | ".join(others) + " |",
        "|---|---:|---:|---:|" + "---:|" * len(others),
    ]
    for name, prices, won in markets(folder):
        found = losses(prices, won)
        apart = compare_methods(found, "multiplicative")
        cells = [f"{1e4 * apart[one].mean:+.2f} ({apart[one].t:+.2f})" for one in others]
        games = len(found["multiplicative"])
        booksum = 1.0 + float(np.nanmean(overround(prices)))
        base = mean_loss(found["multiplicative"])
        lines.append(
            f"| {name} | {games:,} | {booksum:.4f} | {base:.5f} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table(Path(sys.argv[1])))
