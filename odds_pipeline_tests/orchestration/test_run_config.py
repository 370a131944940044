"""What a person, or GraphQL, may put into a run's configuration: nothing hostile gets further."""

from collections.abc import Iterator
from typing import Any

import pytest
from dagster import Config
from pydantic import ValidationError

from odds_pipeline.errors import UsageError
from odds_pipeline.orchestration.plain_config import PlainConfig
from odds_pipeline.orchestration.research_config import BacktestConfig, FreezeConfig
from odds_pipeline.orchestration.review import Decision
from odds_pipeline.services import backtests

TEXTS = ("\x00", "\ud800", "\x1b[31mred", "x" * 12_000)
NUMBERS = (float("nan"), float("inf"), -float("inf"), 1e300, 10**400, -(2**63))
USUAL: dict[type[PlainConfig], dict[str, Any]] = {
    FreezeConfig: {"name": "n", "sports": ["a"], "start": "2026-01-01", "end": "2026-01-31"},
    BacktestConfig: {"dataset": "frozen"},
    Decision: {"day": "2026-01-01", "action": "KEEP", "reason": "r", "by": "me"},
}
FIELDS = [(config, name) for config in USUAL for name in config.model_fields]


def _filled(config: type[PlainConfig], name: str, value: object) -> object:
    """The value, in the shape that the field has."""
    shape = str(config.model_fields[name].annotation)
    if "dict" in shape:
        return {"a": value}
    return [value] if "list" in shape else value


def _hostile(config: type[PlainConfig], name: str) -> Iterator[object]:
    shape = str(config.model_fields[name].annotation)
    numbers = "float" in shape or "int" in shape
    for value in NUMBERS if numbers else TEXTS:
        yield _filled(config, name, value)
    if "dict" in shape:
        yield from ({text: value} for text in TEXTS for value in (1.0 if numbers else "1",))


@pytest.mark.parametrize(("config", "name"), FIELDS)
def test_no_field_takes_what_is_no_text_and_no_number(config: type[PlainConfig], name: str) -> None:
    config(**USUAL[config])
    for value in _hostile(config, name):
        with pytest.raises((ValidationError, UsageError)):
            _used(config(**USUAL[config] | {name: value}))


def _used(config: PlainConfig) -> None:
    if isinstance(config, FreezeConfig):
        config.terms()
    if isinstance(config, BacktestConfig):
        order = config.order("first")
        assert order is not None
        backtests._prepared(order.plan)


def test_every_run_config_is_plain() -> None:
    ours = {one for one in Config.__subclasses__() if one.__module__.startswith("odds_pipeline.")}
    assert ours == {PlainConfig}
    assert set(PlainConfig.__subclasses__()) == set(USUAL)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"bankroll": 0.0}, "bankroll and size"),
        ({"size": -1.0}, "bankroll and size"),
        ({"seed": -1}, "the seed is"),
        ({"rejected": 1.5}, "from 0 to 1"),
        ({"limits": {"pinnacle": -1.0}}, "not negative"),
    ],
)
def test_a_backtest_that_cannot_be_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        _used(BacktestConfig(**USUAL[BacktestConfig] | given))


def test_a_span_without_end_is_refused() -> None:
    for given in ({"offsets": [1e12]}, {"max_age": 1e12}):
        with pytest.raises(UsageError, match="is not a number up to"):
            _used(FreezeConfig(**USUAL[FreezeConfig] | given))
