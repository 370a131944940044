"""What `odds backtest run` and `sweep` are asked alike: what to bet on, and how.

Belongs here: those options, and turning them into a selection and a plan. Does not belong here:
what is done with them.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.backtesting.costs import Costs
    from odds_pipeline.services.datasets.frozen import Frozen
    from odds_pipeline.services.platform import Platform
    from odds_pipeline.services.selections import Selection

Named = Annotated[
    str, typer.Argument(help="Its name (`odds backtest strategies`), or module:Class.")
]
Sport = Annotated[str | None, typer.Option(help="Sport key.")]
Start = Annotated[str | None, typer.Option(help="First UTC day of starts, as 2026-01-31.")]
End = Annotated[str | None, typer.Option(help="Last UTC day of starts, included.")]
OnDataset = Annotated[
    str | None,
    typer.Option(
        "--dataset", help="Bet on this frozen dataset, name or name@version, in their place."
    ),
]
Offsets = Annotated[
    list[float] | None,
    typer.Option(help="Minutes before the start at which to decide; may be repeated [60]."),
]
Close = Annotated[
    bool, typer.Option("--close", help="Decide at the last moment before the start (too).")
]
Parameters = Annotated[
    list[str] | None, typer.Option(help="Parameter of the strategy, NAME=VALUE; repeatable.")
]
Stake = Annotated[
    str,
    typer.Option(
        help="flat:MONEY, percentage:SHARE, kelly:FRACTION or simultaneous-kelly:FRACTION."
    ),
]
Bankroll = Annotated[float, typer.Option(min=0.01, help="Money at the beginning.")]
Commissions = Annotated[
    list[str] | None, typer.Option(help="Of net winnings, BOOK=SHARE; repeatable.")
]
Limits = Annotated[list[str] | None, typer.Option(help="Greatest stake, BOOK=MONEY; repeatable.")]
Rejected = Annotated[float, typer.Option(min=0, max=1, help="Share of bets that books refuse.")]
Books = Annotated[
    list[str] | None, typer.Option("--bookmaker", help="Only this one; repeatable [all].")
]
Markets = Annotated[
    list[str] | None, typer.Option("--market", help="Only this one; repeatable [all].")
]
MaxAge = Annotated[
    float | None, typer.Option(help="Greatest age of the snapshot, in minutes [none].")
]
Latency = Annotated[
    float,
    typer.Option(
        min=0,
        help="Seconds until a bet reaches the book: made at what is offered then. A dataset must "
        "have been frozen with it.",
    ),
]
Seed = Annotated[int, typer.Option(help="Of what is drawn.")]
ForTheRecord = Annotated[str, typer.Option(help="For the record [the strategy].")]


def selection(
    dataset: str | None,
    sport: str | None,
    start: str | None,
    end: str | None,
    offset: list[float] | None,
    close: bool,
    book: list[str] | None,
    market: list[str] | None,
    max_age: float | None,
    known_by: str | None,
) -> "Selection | None":
    """What to bet on; ``None`` where a dataset says it.

    Raises:
        UsageError: both or neither, or a day, a time or a span that is none.
    """
    from odds_pipeline.services.selections import Selection
    from odds_pipeline.services.spans import MINUTE, span

    if dataset is not None:
        if any((sport, start, end, offset, close, book, market, max_age, known_by)):
            raise UsageError(
                "--dataset says what is bet on already; leave the options of that away"
            )
        return None
    if sport is None or start is None or end is None:
        raise UsageError("say what to bet on: --sport, --start and --end, or --dataset")
    minutes = offset if offset is not None else ([] if close else [60.0])
    return Selection(
        sport,
        screen.day(start, "--start"),
        screen.day(end, "--end"),
        tuple(span(each, MINUTE, "--offset") for each in minutes),
        close,
        tuple(book or ()),
        tuple(market or ()),
        None if max_age is None else span(max_age, MINUTE, "--max-age"),
        screen.moment(known_by, "--known-by"),
    )


def late(latency: float) -> timedelta:
    """How long a bet takes to reach the book.

    Raises:
        UsageError: no span that can be.
    """
    from odds_pipeline.services.spans import SECOND, span

    return span(latency, SECOND, "--latency")


def on(opened: "Platform", chosen: "Selection | None", dataset: str | None) -> "Selection | Frozen":
    """The selection, or the dataset in its place.

    Raises:
        NotFound: there is no such dataset.
        StorageError: its files were edited, or are missing.
    """
    from odds_pipeline.services.datasets.load import load

    if chosen is not None:
        return chosen
    assert dataset is not None
    return load(opened, dataset)


def costs(commission: list[str] | None, limit: list[str] | None, rejected: float) -> "Costs":
    """What stands between a price and money won.

    Raises:
        UsageError: not numbers, or numbers that cannot be.
    """
    from odds_pipeline.backtesting.costs import Costs

    try:
        return Costs(_money(commission, "--commission"), _money(limit, "--limit"), rejected)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from wrong


def pairs(texts: Iterable[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE of a repeatable option.

    Raises:
        UsageError: not NAME=VALUE.
    """
    found = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"{option}: {text!r} is not NAME=VALUE")
        found[key] = value
    return found


def _money(texts: list[str] | None, option: str) -> dict[str, float]:
    found = {}
    for key, value in pairs(texts, option).items():
        try:
            found[key] = float(value)
        except ValueError:
            raise UsageError(f"{option}: {value!r} is not a number") from None
    return found
