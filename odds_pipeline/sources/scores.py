"""Which score is whose.

Belongs here: matching stated scores to an event's sides. Units: whole points.
"""

from collections.abc import Sequence

from odds_pipeline.catalog.observations import EventStated
from odds_pipeline.sources.fields import FieldError, clean_name, clean_score


def pair_scores(
    event: EventStated, stated: Sequence[tuple[object, object]]
) -> tuple[int, int] | None:
    """Home and away score out of (name, score) pairs in any order; ``None`` while none is stated.

    Raises:
        FieldError: a score is not whole, or the names are not the event's two sides.
    """
    if not stated or all(score is None for _, score in stated):
        return None
    scores: dict[str, int] = {}
    for name, score in stated:
        side = clean_name(name)
        if scores.setdefault(side, clean_score(score)) != clean_score(score):
            raise FieldError("one side has two different scores")
    if event.home_team is None or event.away_team is None:
        raise FieldError("scores are stated for an event without sides")
    if set(scores) != {event.home_team, event.away_team}:
        raise FieldError("scores do not name the event's two sides")
    return scores[event.home_team], scores[event.away_team]
