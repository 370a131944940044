"""What is the same across sources: merging, undoing, and the review queue.

Belongs here: what is asked of whoever merges, the questions worth asking, and what an answer
does. Does not belong here: SQL (``storage.merges``, ``storage.review``), what resembles what
(``catalog.matching``).

Sport, teams and time only ever suggest that two events are one; a person accepts it, each or all
that are sure at once, and can undo it. Nothing is deleted or altered: a merge has a known time of
its own, so an answer for a `known_by` before it stays as it was; an undo likewise.
"""

from collections.abc import Sequence

from odds_pipeline.catalog.matching import Known, Suggestion, nearest, suggestions
from odds_pipeline.catalog.natural_key import plain_name
from odds_pipeline.catalog.recognition import UNKNOWN_SPORT, is_unknown_league
from odds_pipeline.catalog.sports import live_hours
from odds_pipeline.catalog.teams import CLOSED_LISTS, team_named
from odds_pipeline.errors import UsageError
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import locks, merges, review
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.merges import EventSides, Merge
from odds_pipeline.storage.review import Item, Question

ACCEPTED, REJECTED = "accepted", "rejected"
AT_ONCE = 25  # answers a transaction


def merge_events(
    platform: Platform, kept: str, member: str, reason: str, by: str
) -> tuple[Merge, ...]:
    """Let two events be one from now on; spellings of their teams that the catalog knows too.

    The merges made, the events' last.

    Raises:
        NotFound: an event is not stored.
        UsageError: they cannot be one: see the line; or no reason is given.
    """
    _require(reason, "a merge")
    with transaction(platform.engine) as conn:
        locks.take(conn, locks.KNOWN_TIME)
        numbers = _merge_events(conn, kept, member, reason.strip(), by)
        return tuple(merges.merge(conn, number) for number in numbers)


def merge_team(
    platform: Platform, sport_key: str, name: str, spelling: str, reason: str, by: str
) -> Merge:
    """Let a spelling stand for a team's name in a sport, from now on.

    Raises:
        NotFound: nothing of the sport is stored.
        UsageError: it stands for one already, or the name is itself a spelling of another.
    """
    _require(reason, "a merge")
    with transaction(platform.engine) as conn:
        locks.take(conn, locks.KNOWN_TIME)
        number = _merge_team(conn, sport_key, name.strip(), spelling.strip(), reason.strip(), by)
        return merges.merge(conn, number)


def undo(platform: Platform, merge_id: int, reason: str, by: str) -> Merge:
    """Undo a merge: from now on its two are two again.

    Raises:
        NotFound: there is no such merge.
        UsageError: it is undone already, or no reason is given.
    """
    _require(reason, "an undo")
    with transaction(platform.engine) as conn:
        undone = merges.undo(conn, merge_id, reason.strip(), by)
        if not undone:
            raise UsageError(
                f"merge {merge_id} is undone already; `odds merge list` says since when"
            )
        return merges.merge(conn, merge_id)


def listed(platform: Platform) -> list[Merge]:
    """Every merge, undone ones too."""
    with transaction(platform.engine) as conn:
        return merges.merges(conn)


def look(platform: Platform, documents: Sequence[int] | None = None) -> int:
    """Ask what is worth asking of stored events; how many questions are new.

    Args:
        platform: its database is used.
        documents: only of what these raw documents tell of; default everything.
    """
    with transaction(platform.engine) as conn:
        review.name_leagues(conn)
        known = review.known_events(conn, documents)
        named = _names(conn, known)
        questions = [
            *_teams(known, named),
            *(_about_events(pair) for pair in suggestions(known, named)),
            *(_about_sport(event) for event in known if event.sport_key == UNKNOWN_SPORT),
            *(
                _about_league(key)
                for key in sorted({event.sport_key for event in known})
                if is_unknown_league(key)
            ),
        ]
        return review.ask(conn, questions)


def questions(
    platform: Platform, status: str | None = "open", kind: str | None = None
) -> list[Item]:
    """The queue, of one status or (``None``) of all."""
    with transaction(platform.engine) as conn:
        return review.items(conn, status, kind)


def sure_questions(platform: Platform) -> list[Item]:
    """The open questions whose answer is sure."""
    with transaction(platform.engine) as conn:
        return review.items(conn, "open", sure=True)


def accept(
    platform: Platform, numbers: Sequence[int], by: str, instead: str | None = None
) -> list[Item]:
    """Answer questions with yes, in the order given.

    Whoever stores waits while known times are drawn, so a few are answered at a time: those before
    one that cannot be answered so are answered.

    Args:
        platform: its database is used.
        numbers: the questions.
        by: who says so.
        instead: what it is, where that is not what the question suggests.

    Raises:
        NotFound: a question or an event is not there.
        UsageError: one is answered already, suggests nothing, or cannot be.
    """
    for first in range(0, len(numbers), AT_ONCE):
        with transaction(platform.engine) as conn:
            locks.take(conn, locks.KNOWN_TIME)
            for item in _open(conn, numbers[first : first + AT_ONCE]):
                _do(conn, item, instead or item.candidate, by)
                review.decide(conn, item.item_id, ACCEPTED, by, instead or item.candidate or "")
    with transaction(platform.engine) as conn:
        return review.items(conn, numbers=numbers)


def reject(platform: Platform, numbers: Sequence[int], reason: str, by: str) -> list[Item]:
    """Answer questions with no: they are not asked again.

    Raises:
        NotFound: a question is not there.
        UsageError: one is answered already, or no reason is given.
    """
    _require(reason, "a rejection")
    with transaction(platform.engine) as conn:
        for item in _open(conn, numbers):
            review.decide(conn, item.item_id, REJECTED, by, reason.strip())
        return review.items(conn, numbers=numbers)


def _open(conn: Connection, numbers: Sequence[int]) -> list[Item]:
    found = review.items(conn, numbers=numbers)
    for item in found:
        if item.status != "open":
            raise UsageError(f"question {item.item_id} is {item.status} already")
    return found


def _do(conn: Connection, item: Item, answer: str | None, by: str) -> None:
    if answer is None:
        raise UsageError(f"question {item.item_id} suggests nothing: say what it is with --as")
    reason = f"question {item.item_id}: {item.reason}"
    if item.kind == "event":
        _merge_events(conn, answer, item.subject, reason, by, names_too=True)
    elif item.kind == "team":
        _merge_team(conn, item.sport_key, answer, item.subject, reason, by)
    elif is_unknown_league(item.subject):
        review.set_league(conn, item.subject, answer, live_hours(answer))
    else:
        review.set_sport(conn, item.subject, answer, live_hours(answer))


def _merge_events(
    conn: Connection, kept: str, member: str, reason: str, by: str, names_too: bool = False
) -> list[int]:
    """The numbers of the merges made.

    Args:
        conn: a connection that holds the lock of known times.
        kept: id that the united event goes by.
        member: id of the other one.
        reason: why.
        by: who says so.
        names_too: teams whose names differ are the same, whether or not the catalog says so.
    """
    one, other = merges.sides(conn, kept), merges.sides(conn, member)
    _may_be_one(one, other)
    spelled = merges.spellings(conn, one.sport_key)
    made = []
    for name, spelling in ((one.home_team, other.home_team), (one.away_team, other.away_team)):
        assert name is not None
        assert spelling is not None
        if spelled.get(name, name) == spelled.get(spelling, spelling):
            continue
        if not names_too and not _same_team(one.sport_key, name, spelling):
            raise UsageError(
                f"the teams differ: {name!r} and {spelling!r}; if they are one, merge the names "
                f"first: odds merge team --sport {one.sport_key}"
            )
        made.append(_merge_team(conn, one.sport_key, name, spelling, reason, by))
    return [*made, merges.write_event(conn, one.event_no, other.event_no, reason, by)]


def _same_team(sport_key: str, one: str, other: str) -> bool:
    named = [plain_name(team_named(sport_key, name) or name) for name in (one, other)]
    return named[0] == named[1]


def _may_be_one(kept: EventSides, member: EventSides) -> None:
    """Refuse what cannot be one event.

    Raises:
        UsageError: one line says why.
    """
    for event in (kept, member):
        if event.kept_by is not None:
            raise UsageError(
                f"event {event.event_id} is merged into {event.kept_by} already; undo that first"
            )
        if event.home_team is None or event.away_team is None:
            raise UsageError(f"event {event.event_id} has no two sides: outrights are not merged")
    if kept.event_no == member.event_no:
        raise UsageError("an event is not merged with itself")
    if member.members:
        raise UsageError(
            f"event {member.event_id} has others merged into it; merge {kept.event_id} into it, or "
            "undo those first"
        )
    if kept.sport_key != member.sport_key:
        raise UsageError(f"the sports differ: {kept.sport_key} and {member.sport_key}")
    if kept.day_only and not member.day_only:
        raise UsageError(
            f"event {member.event_id} has the exact start: keep that one, and merge the other "
            "into it"
        )


def _merge_team(
    conn: Connection, sport_key: str, name: str, spelling: str, reason: str, by: str
) -> int:
    sport = merges.sport_id(conn, sport_key)
    spelled = merges.spellings(conn, sport_key)
    if not name or not spelling or name == spelling:
        raise UsageError("a merge of names takes two different ones")
    if spelling in spelled:
        raise UsageError(f"{spelling!r} stands for {spelled[spelling]!r} already; undo that first")
    if name in spelled:
        raise UsageError(f"{name!r} is itself a spelling of {spelled[name]!r}: merge into that")
    if spelling in spelled.values():
        raise UsageError(f"other spellings stand for {spelling!r}; undo those first")
    return merges.write_team(conn, sport, spelling, name, reason, by)


class _Names:
    """A team's name by sport and spelling: as merged here, else as the catalog has it."""

    def __init__(self, merged: dict[str, dict[str, str]]) -> None:
        self._merged = merged

    def __call__(self, sport_key: str, spelling: str) -> str:
        merged = self._merged.get(sport_key, {}).get(spelling, spelling)
        return team_named(sport_key, merged) or merged


def _names(conn: Connection, known: Sequence[Known]) -> _Names:
    sports = {event.sport_key for event in known}
    return _Names({sport: merges.spellings(conn, sport) for sport in sports})


def _teams(known: Sequence[Known], named: _Names) -> list[Question]:
    """A question for each name that its sport's closed list does not know."""
    met = {(e.sport_key, name) for e in known for name in (e.home, e.away)}
    asked = []
    for sport, name in sorted(met):
        closed = CLOSED_LISTS.get(sport)
        if closed is not None and named(sport, name) not in closed:
            like = nearest(name, closed.values())
            reason = f"not in the list of teams of {sport}"
            asked.append(Question("team", sport, name, like, False, reason))
    return asked


def _about_events(pair: Suggestion) -> Question:
    kept, member = pair.kept, pair.member
    shown = (f"{e.away} @ {e.home} {e.start:{'%F' if e.day_only else '%F %R'}}" for e in pair[:2])
    reason = f"{pair.reason}: {' = '.join(shown)}"
    return Question("event", kept.sport_key, member.event_id, kept.event_id, pair.sure, reason)


def _about_sport(event: Known) -> Question:
    reason = f"neither key nor title nor teams tell the sport of {event.away} @ {event.home}"
    return Question("sport", event.sport_key, event.event_id, None, False, reason)


def _about_league(key: str) -> Question:
    return Question("sport", key, key, None, False, "no league is known by this code")


def _require(reason: str, what: str) -> None:
    if not reason.strip():
        raise UsageError(f"{what} needs a reason: --reason")
