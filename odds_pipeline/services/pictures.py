"""Pictures of markets, as bytes of an image file.

Belongs here: drawing. Does not belong here: choosing what is drawn, working it out.

Drawn with matplotlib, which needs no browser to make an image: Dagster's UI shows images, not
interactive figures. Times are UTC.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
MOST_BOOKS = 10  # colours that can be told apart


class Moves(NamedTuple):
    """One line of a movement picture.

    Args:
        name: as the legend says.
        times: of the captures that changed it.
        values: from each time on; NaN while there is no price.
    """

    name: str
    times: "Sequence[datetime]"
    values: Sequence[float]


def line_movement(
    lines: Sequence[Moves],
    captures: "Sequence[datetime]",
    start: "datetime | None",
    title: str,
    axis: str,
    form: str = "png",
) -> bytes:
    """Steps from change to change, with a mark below at each capture: between them nobody looked.

    Args:
        lines: at most ten are drawn.
        captures: when the market was captured.
        start: of the event; ``None`` where it is not known to the minute.
        title: above it.
        axis: what the values are.
        form: one of ``FORMATS``.

    Raises:
        UsageError: an unknown format.
    """
    drawn, axes = figure(form)
    for line in lines[:MOST_BOOKS]:
        axes.step(_days(line.times), line.values, where="post", label=line.name, linewidth=1.4)
    low, high = axes.get_ylim()
    marks = low - 0.03 * (high - low)
    axes.plot(
        _days(captures), [marks] * len(captures), "|", color="0.35", markersize=7, label="captures"
    )
    if start is not None:
        axes.plot(_days([start] * 2), [low, high], color="0.2", linestyle=":", label="start")
    axes.set_ylabel(axis)
    axes.set_xlabel("UTC")
    axes.xaxis_date()
    if lines:
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    for label in axes.get_xticklabels():
        label.set(rotation=30, horizontalalignment="right")
    return saved(drawn, axes, title, form)


def overround_by_book(margins: Mapping[str, float], title: str, form: str = "png") -> bytes:
    """One bar a book, the cheapest on top.

    Args:
        margins: mean overround by bookmaker key, fractions.
        title: above it.
        form: one of ``FORMATS``.

    Raises:
        UsageError: an unknown format.
    """
    drawn, axes = figure(form)
    ordered = sorted(margins.items(), key=lambda book: -book[1])
    axes.barh([book for book, _ in ordered], [100 * margin for _, margin in ordered])
    axes.set_xlabel("mean overround (%)")
    return saved(drawn, axes, title, form)


def lifetimes(lives: Mapping[str, Sequence[float]], title: str, form: str = "png") -> bytes:
    """What share of edges of each kind lived longer than so many minutes.

    Args:
        lives: seconds by kind.
        title: above it.
        form: one of ``FORMATS``.

    Raises:
        UsageError: an unknown format.
    """
    drawn, axes = figure(form)
    for kind, seconds in lives.items():
        ordered = sorted(seconds)
        shares = [1 - place / len(ordered) for place in range(len(ordered))]
        minutes = [second / 60 for second in ordered]
        axes.step([0.0, *minutes], [1.0, *shares], where="post", label=f"{kind} ({len(ordered)})")
    axes.set_xlabel("minutes from first to last capture that showed it")
    axes.set_ylabel("share still there")
    axes.set_ylim(0, 1.02)
    if lives:
        axes.legend(fontsize=8, frameon=False)
    return saved(drawn, axes, title, form)


def reliability(curves: "Mapping[str, pd.DataFrame]", title: str, form: str = "png") -> bytes:
    """How often outcomes of a stated probability came, against the diagonal of the perfect one.

    Args:
        curves: by name, columns ``mean_probability``, ``observed``, ``count`` (and ``low``,
            ``high`` where known).
        title: above it.
        form: one of ``FORMATS``.

    Raises:
        UsageError: an unknown format.
    """
    drawn, axes = figure(form)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    for name, curve in list(curves.items())[:MOST_BOOKS]:
        axes.plot(
            curve["mean_probability"], curve["observed"], marker="o", markersize=3.5, label=name
        )
    axes.set_xlabel("fair probability")
    axes.set_ylabel("share that won")
    if curves:
        axes.legend(fontsize=8, frameon=False)
    return saved(drawn, axes, title, form)


def money(
    times: "Sequence[datetime]", values: Sequence[float], title: str, form: str = "png"
) -> bytes:
    """Money, or what it fell by, from settlement to settlement.

    Args:
        times: of the settlements.
        values: from each time on.
        title: above it.
        form: one of ``FORMATS``.

    Raises:
        UsageError: an unknown format.
    """
    drawn, axes = figure(form)
    axes.step(_days(times), values, where="post", linewidth=1.2)
    axes.set_ylabel("money")
    axes.set_xlabel("UTC")
    axes.xaxis_date()
    for label in axes.get_xticklabels():
        label.set(rotation=30, horizontalalignment="right")
    return saved(drawn, axes, title, form)


def _days(times: "Sequence[datetime]") -> list[float]:
    """Times as matplotlib counts them."""
    from matplotlib.dates import date2num

    return [float(date2num(time)) for time in times]  # type: ignore[no-untyped-call]


def figure(form: str, height: float = 4.2) -> "tuple[Figure, Axes]":
    """An empty picture, eight inches wide and so many high.

    Raises:
        UsageError: an unknown format.
    """
    if form not in FORMATS:
        raise UsageError(f"no picture format {form!r}: choose from {', '.join(FORMATS)}")
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(8.0, height), layout="constrained")
    return drawn, drawn.subplots()


def saved(drawn: "Figure", axes: "Axes", title: str, form: str) -> bytes:
    """The picture's bytes, with a title and a grid behind what is drawn."""
    axes.set_title(title.replace("$", r"\$"), fontsize=10)
    axes.grid(visible=True, color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    written = BytesIO()
    drawn.savefig(written, format=form, dpi=80, metadata=_UNDATED.get(form))
    return written.getvalue()


# The same picture is the same bytes, whenever it is drawn.
_UNDATED: Mapping[str, dict[str, None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
