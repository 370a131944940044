"""A backtest on one page: a single HTML file that needs nothing else, no script and no network.

Belongs here: the page. Does not belong here: its pictures (``backtest_pictures``), its figures.

Every text is escaped, and pictures are embedded as images, which run nothing; the page's own
policy forbids everything but them and its style.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from odds_pipeline.backtesting.breakdowns import breakdowns
from odds_pipeline.services import backtest_pictures as pictures
from odds_pipeline.storage.experiments import Experiment
from odds_pipeline.storage.sweeps import KeptPoint

if TYPE_CHECKING:
    import pandas as pd

MOST_BETS = 500
LATE = 0.05
LONG = 60  # letters
SMALL = 0.001
MISSING = "-"
_SHARES = frozenset(
    {
        *("roi", "roi_low", "roi_high", "clv", "return_on_bankroll"),
        *("forward_roi", "forward_return"),
    }
)
# Shares that are never below 0: a sign before them would say something else.
_PARTS = frozenset({"max_drawdown_percent", "win_rate"})
_CHANCES = frozenset(
    {
        *("p_value", "p_value_close", "holm_p_value", "false_discovery_p_value"),
        *("reality_check", "superior_ability", "overfitting", "overfitting_loss"),
    }
)
_CARDS = (
    ("total_bets", "bets settled"),
    ("roi", "ROI (yield)"),
    ("total_profit", "profit"),
    ("return_on_bankroll", "return on bankroll"),
    ("max_drawdown_percent", "deepest fall"),
    ("clv", "closing line value"),
    ("p_value", "p, against fair prices"),
    ("p_value_close", "p, against the close"),
    ("probabilistic_sharpe", "probabilistic Sharpe"),
    ("deflated_sharpe", "deflated Sharpe"),
    ("trials", "trials on this data"),
    ("bets_needed", "bets needed"),
)
_BETS = (
    *("decision_time", "home_team", "away_team", "market_key", "outcome_name", "point"),
    *("bookmaker_key", "price", "stake", "profit", "bankroll"),
)
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; background: #fff; margin: 0 auto;
  max-width: 62rem; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.note { color: #55606e; margin: .2rem 0; } .verdict { padding: .6rem .8rem; border-left: 4px solid;
  background: #f6f7f9; margin: .5rem 0; } .good { border-color: #2b8a3e; }
.bad { border-color: #c92a2a; } .open { border-color: #e8890c; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem;
  margin: 1rem 0; padding: 0; } .cards div { border: 1px solid #dde1e7; border-radius: .4rem;
  padding: .5rem .6rem; } .cards dt { color: #55606e; font-size: .8rem; } .cards dd { margin: 0;
  font-size: 1.15rem; font-variant-numeric: tabular-nums; }
img { max-width: 100%; height: auto; display: block; margin: .5rem 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #e6e9ee;
  vertical-align: top; white-space: nowrap; } .number { text-align: right;
  font-variant-numeric: tabular-nums; } .long { white-space: normal; min-width: 16rem; }
summary { cursor: pointer; }
"""


def tearsheet(of: Experiment, bets: "pd.DataFrame", points: Sequence[KeptPoint]) -> str:
    """The page of a completed experiment.

    Args:
        of: what was run, completed.
        bets: its bets; of a sweep those of its best point.
        points: of a sweep, every point.
    """
    metrics = of.metrics or {}
    title = f"{of.name}: experiment {of.id}"
    body = "".join(
        (
            _head(of, metrics),
            "".join(_verdicts(metrics)),
            _cards(metrics),
            _picture(
                pictures.equity(bets, of.bankroll, "Money through time"), "Money through time"
            ),
            _sweep(of, points),
            _parts(bets),
            _table("Every figure", [(name, _shown(name, v)) for name, v in metrics.items()]),
            _table("Configuration", [(name, str(value)) for name, value in of.config.items()]),
            _ledger(bets),
        )
    )
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _head(of: Experiment, metrics: Mapping[str, Any]) -> str:
    best = metrics.get("best_parameters")
    chosen = of.config.get("parameters") or {}
    parameters = ", ".join(f"{name}={value}" for name, value in {**chosen, **(best or {})}.items())
    lines = (
        f"Strategy {of.strategy}" + (f" with {parameters}" if parameters else ""),
        f"{of.league or MISSING} · staked {of.risk_mode} · bankroll {of.bankroll:,.2f} · "
        f"run {of.started_at:%Y-%m-%d %H:%M} UTC",
        f"Data {of.dataset_hash} · code {of.code_version} · seed {of.seed}",
    )
    notes = "".join(f'<p class="note">{escape(line)}</p>' for line in lines)
    return f"<h1>{escape(of.name)}</h1>{notes}"


def _verdicts(metrics: Mapping[str, Any]) -> Iterable[str]:
    low, high, p_value = (metrics.get(name) for name in ("roi_low", "roi_high", "p_value"))
    proven = low is not None and low > 0.0 and p_value is not None and p_value < LATE
    yield _said(
        "good" if proven else "open",
        f"ROI {_shown('roi', metrics.get('roi'))}, 95 % interval by event-day "
        f"{_shown('roi_low', low)} to {_shown('roi_high', high)}: "
        + ("above 0." if proven else "no proof of an edge."),
    )
    deflated = metrics.get("deflated_sharpe")
    yield _said(
        "good" if deflated is not None and deflated > 1.0 - LATE else "open",
        f"Deflated Sharpe {_shown('deflated_sharpe', deflated)} after {metrics.get('trials')} "
        "trials on this data: the chance that the true ratio is above what the best of so many "
        "shows by luck.",
    )
    leaks = metrics.get("leaks")
    if leaks is not None:
        moments = metrics.get("leak_moments")
        where = " (of the sweep's best point; no other is replayed)" if "points" in metrics else ""
        yield (
            _said("bad", f"LOOKS AHEAD in {leaks} of {moments} decisions replayed{where}.")
            if leaks
            else (_said("good", f"Looked ahead in none of {moments} decisions replayed{where}."))
        )
    if metrics.get("pending_bets"):
        yield _said("open", f"{metrics['pending_bets']:,} bets are open: no result is stored.")


def _said(kind: str, text: str) -> str:
    return f'<p class="verdict {kind}">{escape(text)}</p>'


def _cards(metrics: Mapping[str, Any]) -> str:
    cards = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(_shown(name, metrics.get(name)))}</dd></div>"
        for name, label in _CARDS
    )
    return f'<dl class="cards">{cards}</dl>'


def _sweep(of: Experiment, points: Sequence[KeptPoint]) -> str:
    axes = of.config.get("grid")
    if not points or not axes:
        return ""
    metrics = of.metrics or {}
    drawn = pictures.grid(
        axes, [point.metrics for point in points], metrics["best_point"], "Every point of the grid"
    )
    said = {name: _shown(name, value) for name, value in metrics.items()}
    text = (
        f"{len(points):,} points. Chance of such a best point without any skill: "
        f"{said['reality_check']} by White's reality check, {said['superior_ability']} by Hansen's "
        f"test. Chance that choosing the best was overfitting: {said['overfitting']}. Choosing by "
        f"the past and betting on what followed, {said['forward_steps']} times: ROI "
        f"{said['forward_roi']}."
    )
    return f"<h2>The sweep</h2><p>{escape(text)}</p>{_picture(drawn, 'ROI of every point')}"


def _parts(bets: "pd.DataFrame") -> str:
    cut = breakdowns(bets)
    found = []
    for name, rows in cut.groupby("breakdown", sort=False):
        drawn = pictures.parts(list(rows["part"]), list(rows["profit"]), f"Profit by {name}")
        columns = ("part", "bets", "won", "wagered", "profit", "roi", "clv")
        cells = [[_shown(key, row[key]) for key in columns] for _, row in rows.iterrows()]
        found.append(
            f"<h2>By {escape(str(name))}</h2>{_picture(drawn, f'Profit by {name}')}"
            + _rows(columns, cells)
        )
    return "".join(found)


def _ledger(bets: "pd.DataFrame") -> str:
    shown = bets.tail(MOST_BETS)
    cells = [[_shown(key, row[key]) for key in _BETS] for _, row in shown.iterrows()]
    said = f"The last {len(shown):,} of {len(bets):,} bets"
    return f"<details><summary>{said}</summary>{_rows(_BETS, cells)}</details>"


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    return f"<h2>{escape(title)}</h2>{_rows(('name', 'value'), [list(row) for row in rows])}"


def _rows(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    first = cells[0] if cells else columns
    head = "".join(
        f'<th class="{_kind(text)}">{escape(name)}</th>'
        for name, text in zip(columns, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cell(text) for text in row)}</tr>" for row in cells)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _cell(text: str) -> str:
    return f'<td class="{_kind(text)}">{escape(text)}</td>'


def _kind(text: str) -> str:
    if text.strip("<+-%").replace(",", "").replace(".", "").isdigit():
        return "number"
    return "long" if len(text) > LONG else "text"


def _picture(image: bytes, said: str) -> str:
    data = b64encode(image).decode()
    return f'<img alt="{escape(said)}" src="data:image/svg+xml;base64,{data}">'


def _shown(name: str, value: object) -> str:
    if value is None or value != value or str(value) == "NaT":
        return MISSING
    if name == "bets_needed" and not value:  # no number of bets proves an edge that is not there
        return MISSING
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if name in _SHARES:
        return f"{value:+.2%}"
    if name in _PARTS:
        return f"{value:.2%}"
    if name in _CHANCES and value < SMALL:
        return f"<{SMALL:g}"
    return f"{value:,.4f}" if abs(value) < 1.0 else f"{value:,.2f}"
