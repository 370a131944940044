"""The season's questions asked of its archive, beside the original schema.

Belongs here: which questions, and that archive and tables give the same frame. Does not belong
here: the questions themselves (``season_questions``).

Files are opened, read and searched anew by every question; what a question read is not kept.
"""

from dataclasses import replace
from typing import Any

import psycopg
from pandas.testing import assert_frame_equal

from benchmarks.harness import Result, alternate, seconds
from benchmarks.season_databases import BEFORE, Databases, decision_times
from benchmarks.season_questions import SEASON, one_event, require_equal
from odds_pipeline.storage.readers import decision_frame

Connection = psycopg.Connection[Any]


def measure(databases: Databases, every: int = 1) -> list[Result]:
    """A season's decision points and one event as of a moment, every month archived.

    Args:
        databases: a built season.
        every: the reference is asked for each so many events only, where asking it for all of
            them would take the evening; figures are by event.
    """
    _require_same_frame(databases)
    with databases.connections(archived=True) as (archived, reference):
        single = one_event(databases, archived, reference)
        return [
            decision_points(databases, archived, reference, every),
            replace(single, name="one_event.archived", target=None).measure(),
        ]


def decision_points(
    databases: Databases, archived: Connection, reference: Connection, every: int
) -> Result:
    """Every quote of every event as of an hour before the start that was stated then."""
    events = list(decision_times(databases.spec))
    decided = decision_frame(archived, events, [BEFORE])
    moments = decided.groupby("event_id")["decision_time"].first()
    sample = moments.iloc[::every]
    values = (list(sample.index), [moment.to_pydatetime() for moment in sample])

    def ask_reference() -> list[tuple[Any, ...]]:
        return reference.execute(SEASON, values).fetchall()

    require_equal(decided[decided["event_id"].isin(sample.index)], ask_reference())
    ours, theirs = len(moments), len(sample)
    sides = alternate(
        (
            "archive",
            lambda _: 1000 * seconds(lambda: decision_frame(archived, events, [BEFORE])) / ours,
        ),
        ("original schema", lambda _: 1000 * seconds(ask_reference) / theirs),
    )
    notes = (
        f"{ours} events, {len(decided):,} quotes on offer, the frame equal to that of the tables; "
        f"the reference is asked for {theirs} of them",
    )
    return Result("season.decision_points.archived", "ms/event", *sides, target=50, notes=notes)


def _require_same_frame(databases: Databases) -> None:
    events = list(decision_times(databases.spec))
    with (
        databases.connections() as (ours, _),
        databases.connections(archived=True) as (archived, _),
    ):
        stored = decision_frame(ours, events, [BEFORE])
        filed = decision_frame(archived, events, [BEFORE])
    assert_frame_equal(stored, filed)
