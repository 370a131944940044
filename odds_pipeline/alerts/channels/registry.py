"""The channel registry: what a channel is, how one is declared and found.

Belongs here: the protocol, its decorator, discovery. Does not belong here: any channel.

To add one, add a file to ``channels``:

    class Pager:
        name = "pager"
        def send(self, message: str, severity: Severity) -> None: ...

    @channels
    def pagers(settings: Settings) -> list[Channel]:
        return [Pager()]

A channel of another distribution is a plug-in (``odds_pipeline.plugins``): such a function.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from odds_pipeline.alerts import channels as package
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.plugins import Group, added, complain, reason
from odds_pipeline.settings import Settings


class Channel(Protocol):
    """A way by which alerts go out; ``name`` tells it apart and holds no secret."""

    @property
    def name(self) -> str:
        """Its name, the same as long as it leads to the same place."""

    def send(self, message: str, severity: Severity) -> None:
        """Hand over one message.

        Args:
            message: plain text, made safe before.
            severity: how soon somebody should look.

        Raises:
            AlertNotSent: it was not taken.
        """


Opener = Callable[[Settings], Sequence[Channel]]
_openers: dict[str, Opener] = {}


def channels(opener: Opener) -> Opener:
    """Declare the channels that settings open; a decorator."""
    _openers[f"{opener.__module__}.{opener.__qualname__}"] = opener
    return opener


def open_channels(settings: Settings) -> list[Channel]:
    """Every channel that is set, in a fixed order, those of plug-ins last.

    A plug-in that cannot open its channels is logged and left out.
    """
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    ours = [channel for name in sorted(_openers) for channel in _openers[name](settings)]
    opened = plugin_openers().items()
    return [
        *ours,
        *(channel for name, opener in opened for channel in _open(name, opener, settings)),
    ]


def plugin_openers() -> dict[str, Opener]:
    """What opens the channels of plug-ins, by name."""
    return added(Group.CHANNELS, _of_a_plugin)


def _open(name: str, opener: Opener, settings: Settings) -> Sequence[Channel]:
    try:
        return list(opener(settings))
    except Exception as broken:  # foreign code may raise anything
        complain(f"{Group.CHANNELS}: {name}", reason(broken))
        return []


def _of_a_plugin(value: object) -> Opener:
    if not callable(value):
        raise ValueError("it is no function that opens channels")
    return cast("Opener", value)
