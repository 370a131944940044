"""The layouts by name: the one place where a new one is entered."""

from collections.abc import Mapping
from types import MappingProxyType

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


def layout_of(columns: list[str]) -> Layout | None:
    """The layout a file with these columns has; ``None`` for one nobody has declared."""
    present = set(columns)
    return next((one for one in LAYOUTS.values() if present.issuperset(one.required)), None)
