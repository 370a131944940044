"""Plug-ins: what other installed distributions add to our registries, by their entry points.

Belongs here: finding, loading and judging them, once for every registry. Does not belong here: what
a registry does with what it is given.

A distribution names what it adds in its pyproject.toml:

    [project.entry-points."odds_pipeline.strategies"]
    longshot = "my_odds:LongshotStrategy"

Each is loaded once a process, when its registry is first asked, and logged with one line. One that
cannot be loaded, or is not what its group takes, is left out and says why; the others work.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger("odds.plugins")


class Group(StrEnum):
    """The groups of entry points: what may be added."""

    STRATEGIES = "odds_pipeline.strategies"  # a class: backtesting.strategy.Strategy
    RULES = "odds_pipeline.rules"  # what @rule makes: quality.registry.Rule
    LAYOUTS = "odds_pipeline.layouts"  # sources.archives.layout.Layout
    CHANNELS = "odds_pipeline.channels"  # a function: settings -> alerts.channels.registry.Channel


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Args:
        group: the registry it adds to.
        name: its name there.
        distribution: who brings it, with the version.
        value: what it adds; ``None`` where it is broken.
        fault: why it was left out, in one line; empty where it works.
    """

    group: Group
    name: str
    distribution: str
    value: Any
    fault: str = ""


_found: dict[Group, tuple[Plugin, ...]] = {}


def added(
    group: Group, accept: Callable[[object], T], taken: Collection[str] = frozenset()
) -> dict[str, T]:
    """What plug-ins add to a registry, by name.

    What has a ``name`` of its own must be entered under it.

    Args:
        group: the registry.
        accept: gives back a value, or raises a ``ValueError`` that says why not.
        taken: the names that the registry has itself.
    """
    if group not in _found:
        points = sorted(entry_points(group=group), key=lambda point: (point.name, _whose(point)))
        _found[group] = tuple(_loaded(group, points, accept, set(taken)))
    return {one.name: one.value for one in _found[group] if not one.fault}


def seen() -> list[Plugin]:
    """Every plug-in of the registries that were asked so far, broken ones too."""
    return [one for group in Group for one in _found.get(group, ())]


def fault_of(group: Group, name: str) -> str:
    """Why a plug-in of that name was left out; empty where there is none, or it works."""
    broken = [one for one in seen() if (one.group, one.name) == (group, name) and one.fault]
    return f"plug-in {broken[0].distribution} is broken: {broken[0].fault}" if broken else ""


def complain(name: str, why: str) -> None:
    """Log one line about a plug-in that failed."""
    log.warning("plugin_broken", extra={"plugin": name, "why": why})


def reason(failure: BaseException) -> str:
    """A failure in one line."""
    lines = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {lines[0]}" if lines else type(failure).__name__


def _loaded(
    group: Group, points: list[EntryPoint], accept: Callable[[object], T], taken: set[str]
) -> Iterator[Plugin]:
    for point in points:
        one = _load(group, point, accept, taken)
        taken.add(point.name)
        if one.fault:
            complain(f"{group}: {one.name} ({one.distribution})", one.fault)
        else:
            told = {"plugin": f"{group}: {one.name} ({one.distribution})"}
            log.info("plugin_loaded", extra=told)
        yield one


def _load(
    group: Group, point: EntryPoint, accept: Callable[[object], T], taken: Collection[str]
) -> Plugin:
    try:
        value = _under_its_name(point.name, accept(point.load()), taken)
    except ValueError as refused:
        return Plugin(group, point.name, _whose(point), None, str(refused))
    except (Exception, SystemExit) as broken:  # foreign code may raise anything
        return Plugin(group, point.name, _whose(point), None, reason(broken))
    return Plugin(group, point.name, _whose(point), value)


def _under_its_name(name: str, value: T, taken: Collection[str]) -> T:
    if name in taken:
        raise ValueError(f"another is called {name!r} already")
    own = getattr(value, "name", name)
    if own != name:
        raise ValueError(f"it calls itself {own!r}: give both one name")
    return value


def _whose(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"
