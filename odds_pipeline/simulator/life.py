"""What becomes of one game: when it is listed, restated, started and over, and the truth in it.

Belongs here: the true belief about the final score at any instant, and the score itself.
Does not belong here: what books make of it (``market``). Units: Unix seconds UTC; points.

Before the start the true mean margin and total move at random times, more often as the start
nears. In play they follow the score: a points game is a Brownian path from the start's means, a
goals game two Poisson processes. Both are martingales, so the final score is drawn from the very
probabilities a book would have to know.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from math import sqrt
from random import Random

from odds_pipeline.simulator import noise
from odds_pipeline.simulator.schedule import DAY, Fixture
from odds_pipeline.simulator.scoring import Belief, GoalsBelief, PointsBelief
from odds_pipeline.simulator.sports import SIMULATED_SPORTS, Scoring, SimulatedSport

_HOUR = 3_600
_STEPS_IN_PLAY = 75
# (hours before the start, moves an hour until the next entry): news comes late
_PACE = ((24.0, 0.3), (6.0, 1.0), (1.0, 2.0))
_EARLY_PACE = 0.02
_MOVE = 0.03  # standard deviation of one move, in those of the final margin and total
_SHIFTS = (10, 10, 10, 10, 10, 5, 15, 20, -5, -10, -10)  # minutes a start is restated by
_LONG_SHIFTS = (60, 90, 120, 240)
_NEXT_DAY = 24 * 60
_NEXT_DAY_SHARE, _LONG_SHIFT_SHARE, _SHIFT_SHARE = 0.005, 0.02, 0.28
_CALLED_OFF_SHARE = 0.004
_DELAY_MINUTES = (3, 14)  # of the real start after the stated one
_LEAST_RATE = 0.15  # goals a side must at least be expected to score


@dataclass(frozen=True, slots=True)
class Moves:
    """A step path: ``times`` ascending, and the two values from each time on."""

    times: tuple[float, ...]
    margins: tuple[float, ...]
    totals: tuple[float, ...]

    def at(self, instant: float) -> tuple[float, float]:
        """Margin and total at an instant; the first values before the first time."""
        index = max(bisect_right(self.times, instant) - 1, 0)
        return self.margins[index], self.totals[index]


@dataclass(frozen=True)
class Life:
    """One game from listing to removal.

    Args:
        seed: of the market.
        fixture: the game.
        listed: when it enters the feed.
        restatements: (when, start as stated from then on), ascending.
        start: the real start; never on a whole minute.
        noticed: when the stated start becomes the real one.
        end: the final whistle.
        gone: when it leaves the odds feed.
        completed: when the scores feed calls it completed.
        called_off: when it leaves every feed unplayed, without a word; ``None`` if it is played.
    """

    seed: int
    fixture: Fixture
    listed: int
    restatements: tuple[tuple[int, int], ...]
    start: int
    noticed: int
    end: int
    gone: int
    completed: int
    called_off: int | None = None

    def __hash__(self) -> int:
        # Lives are keys of caches, and the id alone tells two of them apart.
        return hash(self.fixture.event_id)

    @property
    def sport(self) -> SimulatedSport:
        """The game's sport."""
        return SIMULATED_SPORTS[self.fixture.sport_key]

    def listed_at(self, instant: int) -> bool:
        """Whether the odds feed lists it at an instant."""
        return self.listed <= instant < self.gone and not self.is_off(instant)

    def is_off(self, instant: int) -> bool:
        """Whether it has been called off by an instant."""
        return self.called_off is not None and instant >= self.called_off

    def stated_start(self, instant: float) -> int:
        """``commence_time`` as stated at an instant."""
        if instant >= self.noticed:
            return self.start
        stated = self.fixture.scheduled
        for when, start in self.restatements:
            if when <= instant:
                stated = start
        return stated

    def progress(self, instant: float) -> float:
        """Share of the game that has been played, 0 to 1."""
        return min(max((instant - self.start) / (self.end - self.start), 0.0), 1.0)

    def belief(self, instant: float) -> Belief:
        """The true distribution of the final score, knowing all that happened until then."""
        if self.sport.scoring is Scoring.GOALS:
            return self._goals_belief(instant)
        return self._points_belief(instant)

    def score(self, instant: float) -> tuple[int, int]:
        """Home and away points at an instant; final once it has ended."""
        if self.sport.scoring is Scoring.GOALS:
            home, away = self._goal_times
            return bisect_right(home, instant), bisect_right(away, instant)
        if instant >= self.end:
            return self._final_points
        home_path, away_path = self._running_points
        step = int(self.progress(instant) * _STEPS_IN_PLAY)
        return home_path[step], away_path[step]

    @cached_property
    def _moves(self) -> Moves:
        sport, fixture = self.sport, self.fixture
        draw = noise.stream(self.seed, fixture.event_id, "truth")
        margin = (
            sport.home_margin
            + _strength(self.seed, sport, fixture.home_team)
            - _strength(self.seed, sport, fixture.away_team)
            + draw.gauss(0.0, 0.1 * sport.margin_sd)
        )
        total = sport.total_mean + draw.gauss(0.0, 0.25 * sport.total_sd)
        times, margins, totals = [float(self.listed)], [margin], [total]
        for when in _move_times(self.listed, self.start, draw):
            times.append(when)
            margins.append(margins[-1] + draw.gauss(0.0, _MOVE * sport.margin_sd))
            totals.append(totals[-1] + draw.gauss(0.0, _MOVE * sport.total_sd))
        return Moves(tuple(times), tuple(margins), tuple(totals))

    def _points_belief(self, instant: float) -> Belief:
        sport = self.sport
        if instant < self.start:
            margin, total = self._moves.at(instant)
            return PointsBelief(margin, total, sport.margin_sd, sport.total_sd)
        step = int(self.progress(instant) * _STEPS_IN_PLAY)
        left = max(1.0 - step / _STEPS_IN_PLAY, 1e-4)
        margin, total = self._means_in_play[step]
        return PointsBelief(
            margin, total, sport.margin_sd * sqrt(left), sport.total_sd * sqrt(left)
        )

    @cached_property
    def _means_in_play(self) -> tuple[tuple[float, float], ...]:
        sport = self.sport
        draw = noise.stream(self.seed, self.fixture.event_id, "play")
        means = [self._moves.at(self.start)]
        scale = 1.0 / sqrt(_STEPS_IN_PLAY)
        for _ in range(_STEPS_IN_PLAY):
            margin, total = means[-1]
            means.append(
                (
                    margin + draw.gauss(0.0, sport.margin_sd * scale),
                    total + draw.gauss(0.0, sport.total_sd * scale),
                )
            )
        return tuple(means)

    @cached_property
    def _final_points(self) -> tuple[int, int]:
        latent_margin, latent_total = self._means_in_play[-1]
        margin = _away_from_zero(latent_margin)
        total = max(_nearest_of_parity(latent_total, margin), abs(margin))
        return (total + margin) // 2, (total - margin) // 2

    @cached_property
    def _running_points(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        start_margin, start_total = self._means_in_play[0]
        home, away = self._final_points
        home_path, away_path = [], []
        for step, (margin, total) in enumerate(self._means_in_play):
            left = 1.0 - step / _STEPS_IN_PLAY
            scored_margin = margin - start_margin * left
            scored_total = total - start_total * left
            home_path.append(min(max(int((scored_total + scored_margin) / 2), 0), home))
            away_path.append(min(max(int((scored_total - scored_margin) / 2), 0), away))
        return tuple(accumulate(home_path, max)), tuple(accumulate(away_path, max))

    def _goals_belief(self, instant: float) -> Belief:
        left = 1.0 - self.progress(instant)
        home_rate, away_rate = _rates(*self._moves.at(min(instant, self.start)))
        home_goals, away_goals = self.score(instant) if instant >= self.start else (0, 0)
        return GoalsBelief(home_goals, away_goals, home_rate * left, away_rate * left)

    @cached_property
    def _goal_times(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        home_rate, away_rate = _rates(*self._moves.at(self.start))
        draw = noise.stream(self.seed, self.fixture.event_id, "play")
        return self._poisson_times(home_rate, draw), self._poisson_times(away_rate, draw)

    def _poisson_times(self, rate: float, draw: Random) -> tuple[float, ...]:
        times = []
        at = draw.expovariate(rate)
        while at < 1.0:
            times.append(self.start + at * (self.end - self.start))
            at += draw.expovariate(rate)
        return tuple(times)


@lru_cache(maxsize=2048)
def life_of(seed: int, fixture: Fixture) -> Life:
    """The life of one game, drawn from the seed."""
    sport = SIMULATED_SPORTS[fixture.sport_key]
    draw = noise.stream(seed, fixture.event_id, "life")
    listed = fixture.scheduled - int(sport.listed_days * DAY) + draw.randint(0, 6 * _HOUR)
    restatements = _restatements(fixture.scheduled, listed, draw)
    stated = restatements[-1][1] if restatements else fixture.scheduled
    start = stated + 60 * draw.randint(*_DELAY_MINUTES) + draw.randint(1, 59)
    end = start + 60 * draw.randint(*sport.minutes)
    return Life(
        seed=seed,
        fixture=fixture,
        listed=listed,
        restatements=restatements,
        start=start,
        noticed=start + draw.randint(20, 120),
        end=end,
        gone=end + draw.randint(30, 600),
        completed=end + draw.randint(300, 2_400),
        called_off=_called_off(listed, stated, draw),
    )


def _called_off(listed: int, stated: int, draw: Random) -> int | None:
    if draw.random() >= _CALLED_OFF_SHARE:
        return None
    return draw.randint(listed + _HOUR, stated)


def _restatements(scheduled: int, listed: int, draw: Random) -> tuple[tuple[int, int], ...]:
    chance = draw.random()
    if chance < _NEXT_DAY_SHARE:
        minutes = _NEXT_DAY
    elif chance < _LONG_SHIFT_SHARE:
        minutes = draw.choice(_LONG_SHIFTS)
    elif chance < _SHIFT_SHARE:
        minutes = draw.choice(_SHIFTS)
    else:
        return ()
    when = draw.randint(listed + _HOUR, scheduled - _HOUR)
    return ((when, scheduled + 60 * minutes),)


def _move_times(listed: int, start: int, draw: Random) -> Sequence[float]:
    times = []
    until = [start - int(hours * _HOUR) for hours, _ in _PACE] + [start]
    paces = [_EARLY_PACE] + [pace for _, pace in _PACE]
    begin = float(listed)
    for end, pace in zip(until, paces, strict=True):
        at = begin + draw.expovariate(pace) * _HOUR
        while at < end:
            times.append(at)
            at += draw.expovariate(pace) * _HOUR
        begin = max(begin, float(end))
    return times


def _strength(seed: int, sport: SimulatedSport, team: str) -> float:
    return sport.team_sd * noise.normal(seed, sport.key, "strength", team)


def _rates(margin: float, total: float) -> tuple[float, float]:
    return max((total + margin) / 2, _LEAST_RATE), max((total - margin) / 2, _LEAST_RATE)


def _away_from_zero(latent: float) -> int:
    return int(latent) + (1 if latent > 0 else -1)


def _nearest_of_parity(latent: float, parity_of: int) -> int:
    odd = parity_of % 2
    return 2 * round((latent - odd) / 2) + odd
