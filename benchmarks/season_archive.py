"""The season's questions asked of its archive, beside the original schema.

Belongs here: which questions, and that archive and tables give the same frame. Does not belong
here: the questions themselves (``season_questions``).

Files are opened, read and searched anew by every question; what a question read is not kept.
"""

from dataclasses import replace

from pandas.testing import assert_frame_equal

from benchmarks.harness import Result
from benchmarks.season_databases import BEFORE, Databases, decision_times
from benchmarks.season_questions import decision_points, one_event
from odds_pipeline.storage.readers import decision_frame


def measure(databases: Databases, every: int = 1) -> list[Result]:
    """A season's decision points and one event as of a moment, every month archived.

    Args:
        databases: a built season.
        every: for the decision points the reference is asked for each so many events.
    """
    _require_same_frame(databases)
    with databases.connections(archived=True) as (archived, reference):
        season = decision_points(databases, archived, reference, every)
        asked = [
            replace(season, name="decision_points.archived", target=50),
            *(
                replace(one, name=f"{one.name}.archived", target=None)
                for one in one_event(databases, archived, reference)
            ),
        ]
        return [question.measure() for question in asked]


def _require_same_frame(databases: Databases) -> None:
    events = list(decision_times(databases.spec))
    with (
        databases.connections() as (ours, _),
        databases.connections(archived=True) as (archived, _),
    ):
        stored = decision_frame(ours, events, [BEFORE])
        filed = decision_frame(archived, events, [BEFORE])
    assert_frame_equal(stored, filed)
