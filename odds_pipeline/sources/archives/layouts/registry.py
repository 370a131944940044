"""The layouts by name: the one place where a new one is entered.

A layout of another distribution is a plug-in (``odds_pipeline.plugins``).
"""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.plugins import Group, added
from odds_pipeline.sources.archives.layout import Layout
from odds_pipeline.sources.archives.layouts import afl, american, football_data

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        layout.name: layout
        for layout in (
            football_data.LAYOUT,
            american.NBA_GAMES,
            american.NBA_ROWS,
            american.NBA_MONEYLINES,
            american.MLB_OPEN_CLOSE,
            afl.AFL_RESULTS,
        )
    }
)


def layouts() -> dict[str, Layout]:
    """Every layout by its name, those of plug-ins last."""
    return {**LAYOUTS, **added(Group.LAYOUTS, _of_a_plugin, LAYOUTS)}


def layout_of(columns: list[str]) -> Layout | None:
    """The layout a file with these columns has; ``None`` for one nobody has declared."""
    present = set(columns)
    return next((one for one in layouts().values() if present.issuperset(one.required)), None)


def _of_a_plugin(value: object) -> Layout:
    if not isinstance(value, Layout):
        raise ValueError("it is no Layout (odds_pipeline.sources.archives.layout)")
    return value
