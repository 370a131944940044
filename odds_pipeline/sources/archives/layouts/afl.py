"""Results of the Australian Football League as Squiggle-style files have them.

They state the winner and the margin, not the score.
"""

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.archives.layout import Layout

AFL_RESULTS = Layout(
    name="afl-results",
    required=("round", "date", "home_team", "away_team", "actual_winner", "actual_margin"),
    odds_format=OddsFormat.DECIMAL,
    sport="aussierules_afl",
    date="date",
    home="home_team",
    away="away_team",
    winner="actual_winner",
    margin="actual_margin",
    closed_names=True,
)
