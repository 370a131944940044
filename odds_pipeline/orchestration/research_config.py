"""What a person fills in to freeze a dataset or to launch a backtest from Dagster.

Belongs here: the run configuration of the group `research`, and what it means to the services.
Does not belong here: defaults of the services. Every field is documented where it is filled in.
"""

from typing import TYPE_CHECKING

from pydantic import Field

from odds_pipeline.errors import UsageError
from odds_pipeline.orchestration.plain_config import PlainConfig, typed_day

if TYPE_CHECKING:
    from odds_pipeline.services.datasets.terms import Labels, Terms
    from odds_pipeline.services.launch import Order


class FreezeConfig(PlainConfig):
    """Which dataset to freeze; left as it is, the list of datasets is only shown."""

    name: str = Field(
        default="", description="What it is to be called; its version is counted. Empty: none."
    )
    sports: list[str] = Field(default=[], description="Sport keys, such as basketball_nba.")
    start: str = Field(default="", description="First UTC day of starts, as 2026-01-31.")
    end: str = Field(default="", description="Last UTC day of starts, included.")
    offsets: list[float] = Field(
        default=[60.0], description="Minutes before the start at which is decided."
    )
    at_close: bool = Field(
        default=False, description="Decide at the last moment before the start, too."
    )
    bookmakers: list[str] = Field(default=[], description="Only these; all where empty.")
    markets: list[str] = Field(default=[], description="Only these; all where empty.")
    max_age: float | None = Field(
        default=None, description="Greatest age of the snapshot at the decision, in minutes."
    )
    valid_only: bool = Field(
        default=False, description="Leave out prices that a quality rule found wrong."
    )
    latency: float = Field(
        default=0.0,
        description="Keep what was on offer so many seconds after each decision, for backtests "
        "whose bets take so long to reach the book.",
    )
    week: str | None = Field(default=None, description="The week or round it is about.")
    description: str | None = Field(default=None, description="What it is for.")
    tags: list[str] = Field(default=[], description="Words it can be found by.")

    def terms(self) -> "Terms":
        """What is frozen.

        Raises:
            UsageError: a day or a span that is none.
        """
        from odds_pipeline.services.datasets.terms import Terms
        from odds_pipeline.services.spans import MINUTE, SECOND, span

        return Terms(
            tuple(self.sports),
            typed_day(self.start, "start"),
            typed_day(self.end, "end"),
            tuple(span(each, MINUTE, "offsets") for each in self.offsets),
            self.at_close,
            tuple(self.bookmakers),
            tuple(self.markets),
            None if self.max_age is None else span(self.max_age, MINUTE, "max_age"),
            self.valid_only,
            span(self.latency, SECOND, "latency"),
        )

    def labels(self) -> "Labels":
        """What is said of it."""
        from odds_pipeline.services.datasets.terms import Labels

        return Labels(week=self.week, description=self.description, tags=tuple(self.tags))


class BacktestConfig(PlainConfig):
    """What to run in a new partition; one that has an experiment needs nothing of this.

    Left as it is, it runs: every field has a default.
    """

    dataset: str = Field(
        default="",
        description="Name of a frozen dataset (its newest version), or name@version. Empty: the "
        "one frozen last.",
    )
    strategy: str = Field(
        default="favourite",
        description="Name (`odds backtest strategies` lists them), or module:Class.",
    )
    parameters: dict[str, str] = Field(
        default={}, description="Parameters of the strategy, such as min_ev: '0.02'."
    )
    sizing: str = Field(
        default="flat", description="flat, percentage, kelly or simultaneous-kelly."
    )
    size: float = Field(
        default=100.0, description="Money a bet if flat, else a share of the bankroll or of Kelly."
    )
    bankroll: float = Field(default=10_000.0, description="Money at the beginning.")
    commissions: dict[str, float] = Field(
        default={}, description="Share of net winnings by bookmaker key."
    )
    limits: dict[str, float] = Field(
        default={}, description="Greatest stake of a bet by bookmaker key."
    )
    rejected: float = Field(default=0.0, description="Share of bets that books refuse, 0 to 1.")
    latency: float = Field(
        default=0.0,
        description="Seconds until a bet reaches the book, made at what is offered then; the "
        "dataset must have been frozen with it.",
    )
    seed: int = Field(default=0, description="Of what is drawn by chance.")
    name: str = Field(default="", description="What the experiment is called [the partition].")

    def order(self, key: str) -> "Order":
        """What to run.

        Args:
            key: the partition.

        Raises:
            UsageError: costs that cannot be.
        """
        from odds_pipeline.backtesting.costs import Costs
        from odds_pipeline.services.backtests import Plan
        from odds_pipeline.services.launch import Order
        from odds_pipeline.services.spans import SECOND, span

        try:
            costs = Costs(self.commissions, self.limits, self.rejected)
        except ValueError as wrong:
            raise UsageError(str(wrong)) from wrong
        plan = Plan(
            self.strategy,
            self.parameters,
            self.sizing,
            self.size,
            self.bankroll,
            costs,
            self.seed,
            self.name or key,
            span(self.latency, SECOND, "latency"),
        )
        return Order(self.dataset or None, plan)
