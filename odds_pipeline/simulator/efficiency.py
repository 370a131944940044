"""How far the books' opinions stray from the truth: the market's settings, by name.

Belongs here: the settings and the planted edge, as data. Does not belong here: how a book prices.
Units: standard deviations of the game's final margin and total; shares as fractions; seconds.

``natural``: books see the truth late and through opinions of their own, so small edges come and
go, as they do in life. ``efficient``: every book knows the truth of the moment at which all of
them are read, so no price ever pays more than it should, and no book is fresher than another.
``edge``: the efficient market in which one book misprices some games, so what there is to find
is known exactly.
"""

from dataclasses import dataclass
from types import MappingProxyType

from odds_pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class PlantedEdge:
    """One book's mispricing.

    Args:
        bookmaker: the provider's key.
        share: of its games that it misprices, all markets of them.
        size: how far its prices are off: it favours one side and one direction of the total.
            Its lines stay where everybody's are.
    """

    bookmaker: str
    share: float
    size: float


@dataclass(frozen=True, slots=True)
class Setting:
    """One market setting.

    Args:
        name: as it is asked for.
        own_opinions: whether books see the truth late and differently.
        read_together: seconds between two readings of all books at once; ``None`` where each
            has its own cadence.
        edge: a planted mispricing, if any.
    """

    name: str
    own_opinions: bool = True
    read_together: int | None = None
    edge: PlantedEdge | None = None


NATURAL = Setting("natural")
EFFICIENT = Setting("efficient", own_opinions=False, read_together=60)
EDGE = Setting(
    "edge",
    own_opinions=False,
    read_together=60,
    edge=PlantedEdge(bookmaker="betrivers", share=0.3, size=0.15),
)
SETTINGS = MappingProxyType({setting.name: setting for setting in (NATURAL, EFFICIENT, EDGE)})


def setting_of(name: str) -> Setting:
    """The setting of a name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in SETTINGS:
        raise UsageError(f"no market setting {name!r}: choose from {', '.join(SETTINGS)}")
    return SETTINGS[name]
