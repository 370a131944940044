"""The fields: each column of every table, view and reader frame, once.

Belongs here: names, types, units, ranges and one-sentence meanings, and which table has which.
Does not belong here: how a type is spelled in SQL, pandas, pandera or Dagster (their makers read
this). Times are timezone-aware UTC; a price is decimal odds unless the table says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from odds_pipeline.catalog.alerts import AlertType
from odds_pipeline.catalog.alerts import Severity as AlertSeverity
from odds_pipeline.catalog.pricing import EDGE_KINDS, EDGE_STATUSES, RESULTS, VERDICTS
from odds_pipeline.errors import NotFound


class FieldType(StrEnum):
    """What kind of value a field holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


TEXT, INTEGER, NUMBER = FieldType.TEXT, FieldType.INTEGER, FieldType.NUMBER
BOOLEAN, DATE, TIMESTAMP, JSON = (
    FieldType.BOOLEAN,
    FieldType.DATE,
    FieldType.TIMESTAMP,
    FieldType.JSON,
)


@dataclass(frozen=True, slots=True)
class Field:
    """One column.

    Args:
        name: its name, the same in SQL, frames and ``--json``.
        type: kind of value.
        meaning: one sentence.
        unit: what a number counts; ``None`` for plain counts and everything else.
        nullable: whether it may be missing.
        minimum: smallest value, itself allowed.
        below: upper bound, itself not allowed.
        enum: the only values allowed; empty when free.
    """

    name: str
    type: FieldType
    meaning: str
    unit: str | None = None
    nullable: bool = False
    minimum: float | None = None
    below: float | None = None
    enum: tuple[str, ...] = ()


_PRICE_BELOW = 1e6
_CHANCE: Mapping[str, Any] = {
    "unit": "probability",
    "nullable": True,
    "minimum": 0,
    "below": 1 + 1e-12,
}

_FIELDS = (
    # --- identity ---
    Field("id", INTEGER, "Number of the row."),
    Field("event_id", TEXT, "The provider's id of the event."),
    Field("sport_key", TEXT, "The provider's key of the sport."),
    Field("sport_title", TEXT, "The sport's display name; it may change.", nullable=True),
    Field("bookmaker_key", TEXT, "The provider's key of the bookmaker."),
    Field("bookmaker_title", TEXT, "The bookmaker's display name; it may change.", nullable=True),
    Field("market_key", TEXT, "The provider's key of the market."),
    Field("outcome_name", TEXT, "The side priced: a team, Over, Under, Draw or a participant."),
    Field("description", TEXT, "Whom the outcome is about, such as a player.", nullable=True),
    Field(
        "sha_key",
        TEXT,
        "SHA-256 over sport, normalised names and start, of the event as first stated.",
        nullable=True,
    ),
    Field("home_team", TEXT, "Home team, or the first participant.", nullable=True),
    Field("away_team", TEXT, "Away team, or the second participant.", nullable=True),
    # --- times ---
    Field("commence_time", TIMESTAMP, "Start of the event as stated at that time."),
    Field(
        "start_precision",
        TEXT,
        "Whether the start is exact, or known to the UTC day that begins at commence_time.",
        enum=("exact", "day"),
    ),
    Field("snapshot_time", TIMESTAMP, "Capture time: when the provider's data was taken."),
    Field("capture_time", TIMESTAMP, "When the provider's data was taken."),
    Field("known_time", TIMESTAMP, "When the raw response was committed here."),
    Field("odds_timestamp", TIMESTAMP, "Capture time of the snapshot the price stands in."),
    Field("last_update", TIMESTAMP, "When the book was last read by the provider.", nullable=True),
    Field("completed_at", TIMESTAMP, "Capture that first showed the final score.", nullable=True),
    Field("fetch_time", TIMESTAMP, "When the call was made."),
    Field("slot_time", TIMESTAMP, "When the capture is planned for."),
    Field("created_at", TIMESTAMP, "When the row was written."),
    Field("updated_at", TIMESTAMP, "When the row last changed."),
    Field("partition", DATE, "UTC day of the captures judged."),
    Field("age_seconds", NUMBER, "Asked time minus capture time.", unit="s", minimum=0),
    Field("quote_age_seconds", NUMBER, "Asked time minus last update.", unit="s", nullable=True),
    Field("decision_time", TIMESTAMP, "The moment of the decision."),
    Field("offset_seconds", NUMBER, "How long before the start stated then.", unit="s"),
    Field("gap_seconds", NUMBER, "True start minus capture time.", unit="s", nullable=True),
    Field("first_seen", TIMESTAMP, "First capture that listed the event.", nullable=True),
    # --- events ---
    Field(
        "status",
        TEXT,
        "Where the event stands in its life.",
        enum=("scheduled", "live", "final", "cancelled", "postponed"),
    ),
    Field("status_inferred", BOOLEAN, "Whether the status was concluded rather than stated."),
    Field("home_score", INTEGER, "Points of the home team.", "points", nullable=True, minimum=0),
    Field("away_score", INTEGER, "Points of the away team.", "points", nullable=True, minimum=0),
    Field(
        "home_margin",
        INTEGER,
        "Home score minus away score, known also where only the margin was stated.",
        "points",
        nullable=True,
    ),
    Field("source", TEXT, "Kind of document that said it.", enum=("odds", "events")),
    Field("start_changed", BOOLEAN, "Whether the start differs from the one stated before."),
    Field("status_changed", BOOLEAN, "Whether the status differs from the one before."),
    Field("score_changed", BOOLEAN, "Whether the score differs from the one stated before."),
    Field("in_play_by_true_start", BOOLEAN, "Whether it had started by the start stated last."),
    # --- snapshots ---
    Field("in_play", BOOLEAN, "Whether the event had started by the start stated then."),
    Field("unlisted", BOOLEAN, "Whether the event had left the feed."),
    Field("bookmaker_count", INTEGER, "Bookmakers that priced the event.", minimum=0),
    Field("api_request_id", TEXT, "Id of the call or import that brought the snapshot."),
    Field("raw_data", JSON, "The event's JSON as the provider sent it.", nullable=True),
    # --- prices ---
    Field("flagged", BOOLEAN, "Whether a quality rule found the quote wrong, as known then."),
    Field("price", NUMBER, "Price offered.", "decimal odds", minimum=1, below=_PRICE_BELOW),
    Field("decimal_price", NUMBER, "Price offered.", "decimal odds", minimum=1, below=_PRICE_BELOW),
    Field(
        "american_price",
        INTEGER,
        "The price as American odds; missing for decimal 1, which has no such form.",
        "American odds",
        nullable=True,
    ),
    Field("point", NUMBER, "Line or handicap, in the sport's own units.", "points", nullable=True),
    Field(
        "implied_probability",
        NUMBER,
        "One divided by the decimal price.",
        "probability",
        minimum=0,
        below=1 + 1e-12,
    ),
    Field(
        "fair_probability",
        NUMBER,
        "Implied probability with the book's margin removed; missing for an incomplete market.",
        "probability",
        nullable=True,
        minimum=0,
        below=1 + 1e-12,
    ),
    Field(
        "overround",
        NUMBER,
        "Sum of the market's implied probabilities minus 1; missing for an incomplete market.",
        "fraction",
        nullable=True,
        minimum=-1,
    ),
    Field(
        "kind",
        TEXT,
        "Whether the book still showed the price, had shown it before, or never did.",
        enum=("exact", "last_active", "none"),
    ),
    Field("missing_reason", TEXT, "Why there is no price; missing where there is.", nullable=True),
    Field("at_first_sight", BOOLEAN, "Whether it was there when the event was first seen."),
    Field(
        "is_valid",
        BOOLEAN,
        "Whether it is not voided and no rule of severity error or critical flagged it.",
    ),
    Field(
        "validation_notes",
        TEXT,
        "What the rules said of it, and why it was voided.",
        nullable=True,
    ),
    # --- quality ---
    Field("rule", TEXT, "Name of the rule that found the issue."),
    Field("issue_type", TEXT, "Kind of issue."),
    Field("severity", TEXT, "How bad it is.", enum=("warning", "error", "critical")),
    Field("resolution", TEXT, "How the issue ended; missing while it stands.", nullable=True),
    # --- fair prices and edges ---
    Field(
        "phase",
        TEXT,
        "Whether it is the first or the last pre-match price.",
        enum=("opening", "closing"),
    ),
    Field(
        "line",
        NUMBER,
        "The market's number: the home side's point, or the total.",
        "points",
        nullable=True,
    ),
    Field("method", TEXT, "How the margin was removed.", nullable=True),
    Field("multiplicative", NUMBER, "Fair probability by scaling the implied ones.", **_CHANCE),
    Field("additive", NUMBER, "Fair probability by taking the same from each outcome.", **_CHANCE),
    Field("power", NUMBER, "Fair probability by one power of the implied ones.", **_CHANCE),
    Field("odds_ratio", NUMBER, "Fair probability by one odds ratio for all outcomes.", **_CHANCE),
    Field("shin", NUMBER, "Fair probability by Shin's model of insiders.", **_CHANCE),
    Field("bookmakers", INTEGER, "Books that spoke for it.", minimum=0),
    Field("stale", INTEGER, "Books that were too old to speak.", minimum=0),
    Field("chosen", BOOLEAN, "Whether it is the fair price that edges are judged by."),
    Field(
        "flagged",
        BOOLEAN,
        "Whether a quote it used is flagged; missing where not looked at.",
        nullable=True,
    ),
    Field(
        "superseded_at",
        TIMESTAMP,
        "Since when later knowledge replaces it; missing while it stands.",
        nullable=True,
    ),
    Field("opportunity_id", TEXT, "Stable name of the opportunity, made of what it is about."),
    Field("strategy", TEXT, "Whose fair price judges: consensus, or model: and its name."),
    Field("verdict", TEXT, "Whether it could be had.", enum=VERDICTS),
    Field(
        "category",
        TEXT,
        "What is bet on.",
        enum=("game line", "alternate line", "player prop", "outright"),
    ),
    Field("tags", JSON, "What else is true of it: favourite, longshot, exchange and so on."),
    Field(
        "model_probability", NUMBER, "The model's probability; missing for a consensus.", **_CHANCE
    ),
    Field(
        "model_version",
        TEXT,
        "Version of the model; of a consensus, method and source.",
        nullable=True,
    ),
    Field(
        "edge_percentage",
        NUMBER,
        "Expected profit of a bet, certain profit of an arbitrage.",
        "% of the stake",
        nullable=True,
    ),
    Field("greatest_edge_percentage", NUMBER, "The greatest edge it ever had.", "% of the stake"),
    Field(
        "kelly_fraction",
        NUMBER,
        "Share of the bankroll to stake, by KELLY_FRACTION of Kelly.",
        "fraction",
        nullable=True,
        minimum=0,
        below=1 + 1e-12,
    ),
    Field("total_stake", NUMBER, "Sum of whole stakes of an arbitrage.", "money", nullable=True),
    Field(
        "worst_case_profit",
        NUMBER,
        "What those stakes win whatever happens.",
        "money",
        nullable=True,
    ),
    Field("last_seen", TIMESTAMP, "Last capture that showed it."),
    Field(
        "expires_at",
        TIMESTAMP,
        "When its oldest price turns stale, or the event starts.",
        nullable=True,
    ),
    Field("closed_at", TIMESTAMP, "First capture that no longer showed it.", nullable=True),
    Field("closed_by", TEXT, "Whose price left, or: fair price, start, feed, void.", nullable=True),
    Field("sights", INTEGER, "How often it was seen, a book at a time.", minimum=0),
    Field("episodes", INTEGER, "How often it appeared.", minimum=0),
    Field(
        "life_seconds",
        NUMBER,
        "From the first to the last capture that showed it, all episodes.",
        "s",
        minimum=0,
    ),
    Field("legs", JSON, "Its bets: book, outcome, point, price, age, stake."),
    Field("state", TEXT, "Whether the capture showed it.", enum=("seen", "closed")),
    Field(
        "result", TEXT, "How the outcome ended; missing while unknown.", nullable=True, enum=RESULTS
    ),
    Field(
        "unsettled_reason",
        TEXT,
        "Why there is no result; missing where there is one.",
        nullable=True,
    ),
    Field("realised", NUMBER, "Profit of a unit; missing while unknown.", "units", nullable=True),
    Field(
        "clv",
        NUMBER,
        "Expected profit of a unit at the close's fair price of the bet's own number, which the "
        "close was moved to where the line moved.",
        "fraction",
        nullable=True,
    ),
    Field(
        "price_ratio",
        NUMBER,
        "Price by closing price at the bet's number, minus 1; of one bet only.",
        "fraction",
        nullable=True,
    ),
    Field(
        "points_gained",
        NUMBER,
        "By how much the bet's number is better than the closing one; of one bet only.",
        "points",
        nullable=True,
    ),
    Field(
        "clv_reason",
        TEXT,
        "Why there is no closing line value; missing where there is one.",
        nullable=True,
    ),
    # --- movement and bookmakers ---
    Field("opening_point", NUMBER, "Line at the opening.", "points", nullable=True),
    Field(
        "opening_price",
        NUMBER,
        "Price at the opening.",
        "decimal odds",
        nullable=True,
        minimum=1,
        below=_PRICE_BELOW,
    ),
    Field("opening_probability", NUMBER, "Fair probability at the opening.", **_CHANCE),
    Field("opened_at", TIMESTAMP, "Capture of the opening."),
    Field("closing_point", NUMBER, "Line at the last pre-match capture.", "points", nullable=True),
    Field(
        "closing_price",
        NUMBER,
        "Price at the last pre-match capture.",
        "decimal odds",
        nullable=True,
        minimum=1,
        below=_PRICE_BELOW,
    ),
    Field("closing_probability", NUMBER, "Fair probability then.", **_CHANCE),
    Field("captures", INTEGER, "Captures that showed it.", minimum=0),
    Field("moves", INTEGER, "Changes of price or line between captures.", minimum=0),
    Field(
        "net_move",
        NUMBER,
        "Closing minus opening fair probability; missing where the line differs.",
        "probability",
        nullable=True,
    ),
    Field(
        "largest_move",
        NUMBER,
        "Greatest change of fair probability between captures of one line.",
        "probability",
        nullable=True,
    ),
    Field(
        "steam_moves",
        INTEGER,
        "Moves that at least three books made the same way within half an hour, and this one "
        "among them; missing where captures lie too far apart to tell.",
        minimum=0,
        nullable=True,
    ),
    Field(
        "first_moves",
        INTEGER,
        "Those of them that this book began alone.",
        minimum=0,
        nullable=True,
    ),
    Field(
        "median_lag_seconds",
        NUMBER,
        "How long after the first book this one followed in them.",
        "s",
        minimum=0,
        nullable=True,
    ),
    Field("boards", INTEGER, "Whole markets it priced, one a capture.", minimum=0),
    Field(
        "uptime",
        NUMBER,
        "Share of the captures that showed the market anywhere in which it had it.",
        "fraction",
        nullable=True,
        minimum=0,
        below=1 + 1e-12,
    ),
    Field("mean_overround", NUMBER, "Mean overround.", "fraction", nullable=True),
    Field("median_age_seconds", NUMBER, "Median age of its prices at capture.", "s", nullable=True),
    Field(
        "p95_age_seconds", NUMBER, "Age that 95 % of its prices do not exceed.", "s", nullable=True
    ),
    Field(
        "stale_share",
        NUMBER,
        "Share of its markets that were stale.",
        "fraction",
        nullable=True,
        minimum=0,
        below=1 + 1e-12,
    ),
    Field(
        "best_share",
        NUMBER,
        "Share of its outcomes that nobody paid more for.",
        "fraction",
        nullable=True,
        minimum=0,
        below=1 + 1e-12,
    ),
    Field("day", DATE, "UTC day."),
    # --- statistics ---
    Field(
        "dimension",
        TEXT,
        "What the edges are grouped by.",
        enum=("all", "bookmaker", "market", "tag"),
    ),
    Field("value", TEXT, "The group."),
    Field("edges", INTEGER, "Edges.", minimum=0),
    Field("executable", INTEGER, "Those executable when last seen.", minimum=0),
    Field("mean_edge_percentage", NUMBER, "Mean edge at first sight.", "% of the stake"),
    Field("median_life_seconds", NUMBER, "Median life.", "s", nullable=True),
    Field("settled", INTEGER, "Edges whose result is known.", minimum=0),
    Field(
        "expected_yield",
        NUMBER,
        "Mean expected profit of those, a unit each.",
        "fraction",
        nullable=True,
    ),
    Field(
        "realised_yield", NUMBER, "Mean profit of those, a unit each.", "fraction", nullable=True
    ),
    Field("realised_low", NUMBER, "Lower end of its 95 % interval.", "fraction", nullable=True),
    Field("realised_high", NUMBER, "Upper end of its 95 % interval.", "fraction", nullable=True),
    Field("with_closing", INTEGER, "Edges with a closing line value.", minimum=0),
    Field("without_closing", INTEGER, "Edges without one; each says why.", minimum=0),
    Field(
        "line_moved",
        INTEGER,
        "Edges whose closing line was moved to their own number.",
        minimum=0,
    ),
    Field(
        "mean_clv",
        NUMBER,
        "Mean closing line value of those, margin removed.",
        "fraction",
        nullable=True,
    ),
    Field("grouping", TEXT, "What the markets are grouped by.", enum=("bookmaker", "book_class")),
    Field("markets", INTEGER, "Markets with a known result.", minimum=0),
    Field("log_loss", NUMBER, "Mean of -ln of the winner's probability.", "nats"),
    Field("log_loss_low", NUMBER, "Lower end of its 95 % interval.", "nats"),
    Field("log_loss_high", NUMBER, "Upper end of its 95 % interval.", "nats"),
    Field(
        "brier",
        NUMBER,
        "Mean over markets of the summed squared error; of two outcomes, of one of them.",
    ),
    Field("difference", NUMBER, "Log loss minus that of the multiplicative method.", "nats"),
    Field(
        "t_value",
        NUMBER,
        "Paired t of that difference; missing where nothing differs.",
        nullable=True,
    ),
    Field(
        "reliability", JSON, "By tenth of probability: outcomes, mean probability, share that won."
    ),
    Field("computed_at", TIMESTAMP, "When it was worked out."),
    Field(
        "probability",
        NUMBER,
        "The model's probability, given that it is no push.",
        "probability",
        minimum=0,
        below=1,
    ),
    Field("model_name", TEXT, "Name of the model."),
    Field("made_at", TIMESTAMP, "When the model said it."),
    # --- calls and slots ---
    Field("endpoint", TEXT, "Which of the provider's endpoints was called."),
    Field("events_count", INTEGER, "Events in the answer.", nullable=True, minimum=0),
    Field("bookmakers_count", INTEGER, "Bookmakers in the answer.", nullable=True, minimum=0),
    Field("success", BOOLEAN, "Whether a usable answer came."),
    Field("error_code", TEXT, "The provider's error code.", nullable=True),
    Field("error_message", TEXT, "Why no usable answer came, in one line.", nullable=True),
    Field("api_quota_remaining", NUMBER, "Credits left by the provider's count.", "credits", True),
    Field("response_time_ms", INTEGER, "Time to the last byte.", "ms", nullable=True, minimum=0),
    Field("credits", NUMBER, "Credits charged.", "credits", nullable=True, minimum=0),
    Field("slot_id", INTEGER, "Number of the slot."),
    Field("purpose", TEXT, "What the capture is for."),
    Field("reason", TEXT, "Why the slot is a gap; missing otherwise.", nullable=True),
    Field("why", TEXT, "Why the capture was planned, in words.", nullable=True),
    Field("key_fingerprint", TEXT, "Which API key, by the first 12 hex digits of its SHA-256."),
    Field("call_id", TEXT, "Id of the call or import."),
    Field("entry_id", INTEGER, "Number of the entry."),
    Field(
        "entry",
        TEXT,
        "What is booked: set aside before a call, settled after it, or what headers say beyond.",
        enum=("reserved", "settled", "unknown", "opening", "correction"),
    ),
    Field("provider_used", NUMBER, "Credits used by the provider's count.", "credits", True),
    Field("provider_remaining", NUMBER, "Credits left by the provider's count.", "credits", True),
    Field("entered_at", TIMESTAMP, "When the entry was made."),
    # --- raw documents and what of them cannot be used ---
    Field("raw_id", INTEGER, "Number of the raw document."),
    Field("source", TEXT, "Where the document came from."),
    Field("request", JSON, "Path and parameters of the call, without the key."),
    Field("headers", JSON, "The headers that matter."),
    Field("sha256", TEXT, "Digest of the exact bytes, hexadecimal."),
    Field("body_size", INTEGER, "Length of the exact bytes.", "bytes", minimum=0),
    Field("received_at", TIMESTAMP, "When the last byte came."),
    Field("received_basis", TEXT, "Whose clock that is."),
    Field("clock_at", TIMESTAMP, "When the last byte came, by our clock.", nullable=True),
    Field("provider_date", TIMESTAMP, "The provider's Date header.", nullable=True),
    Field("captured_at", TIMESTAMP, "Capture time stated for an imported file.", nullable=True),
    Field("odds_format", TEXT, "How prices are written in it.", nullable=True),
    Field("elapsed_ms", INTEGER, "Time to the last byte.", "ms", nullable=True, minimum=0),
    Field("alert_key", TEXT, "The alert's stable id."),
    Field("alert_type", TEXT, "What the alert is about.", enum=tuple(AlertType)),
    Field("triggered_at", TIMESTAMP, "When it was raised."),
    Field("object_kind", TEXT, "Kind of thing it is about.", nullable=True),
    Field("object_id", TEXT, "Which one.", nullable=True),
    Field("threshold_value", NUMBER, "What it is judged by.", nullable=True),
    Field("actual_value", NUMBER, "What was found.", nullable=True),
    Field("message", TEXT, "What is told."),
    Field("sent", BOOLEAN, "Whether every channel has it."),
    Field("sent_at", TIMESTAMP, "Since when every channel has it.", nullable=True),
    Field("acknowledged_at", TIMESTAMP, "When somebody saw it.", nullable=True),
    Field("told_in", INTEGER, "Number of the summary that tells of it.", nullable=True),
    Field(
        "stage", TEXT, "Part of the live path.", enum=("store", "normalise", "validate", "price")
    ),
    Field("ended_at", TIMESTAMP, "When the run ended."),
    Field("seconds", NUMBER, "How long it took.", "s", minimum=0),
    Field("rows", INTEGER, "Documents, snapshots and quotes, rows judged, or quotes.", minimum=0),
    Field("error_class", TEXT, "What kind of error ended it; missing if none did.", nullable=True),
    Field("location", TEXT, "Where in the document the part stands."),
    Field("evidence", TEXT, "The part itself."),
    # --- research ---
    Field("void", BOOLEAN, "Whether the event was called off: stakes come back."),
    Field("settled_at", TIMESTAMP, "When the event usually has ended: stakes come back then."),
    Field("snapshot_id", TEXT, "What the dataset goes by: its name and version."),
    Field("name", TEXT, "What a person called it."),
    Field("version", INTEGER, "Which freeze of that name."),
    Field("league", TEXT, "Sport keys, comma separated.", nullable=True),
    Field("week", TEXT, "The week or round it is about, as a person named it.", nullable=True),
    Field("config", JSON, "What was chosen."),
    Field("known_by", TIMESTAMP, "Only what was stored by then is in it."),
    Field("content_hash", TEXT, "SHA-256 over the values of its files."),
    Field("manifest_sha256", TEXT, "SHA-256 of its manifest."),
    Field("is_locked", BOOLEAN, "Whether it can neither change nor go."),
    Field("locked_at", TIMESTAMP, "When it was locked.", nullable=True),
    Field("metadata", JSON, "What else is known of it."),
    Field("dataset_id", INTEGER, "Number of the dataset; missing once deleted.", nullable=True),
    Field("dataset_hash", TEXT, "SHA-256 of what it ran on.", nullable=True),
    Field("code_version", TEXT, "Version of this program, and a digest of what it ran."),
    Field("seed", INTEGER, "Of what was drawn."),
    Field("risk_mode", TEXT, "How it was staked."),
    Field("bankroll", NUMBER, "Money at the beginning."),
    Field("partition_key", TEXT, "Its partition in Dagster, where it is not its id.", None, True),
    Field("metrics", JSON, "Its figures; missing until it is completed.", nullable=True),
    Field("error", TEXT, "Why it failed; missing where it did not.", nullable=True),
    Field("started_at", TIMESTAMP, "When it began; missing of a draft.", nullable=True),
    Field("experiment_id", INTEGER, "Number of the experiment."),
    Field("strategy_name", TEXT, "Name of the strategy."),
    Field("total_bets", INTEGER, "Bets made and settled, voids left out.", minimum=0),
    Field("winning_bets", INTEGER, "Bets with a profit.", minimum=0),
    Field("losing_bets", INTEGER, "Bets with a loss.", minimum=0),
    Field("pushes", INTEGER, "Bets whose stake came back.", minimum=0),
    Field("voids", INTEGER, "Bets that never stood; in no other count.", minimum=0),
    Field("pending_bets", INTEGER, "Bets without a result.", minimum=0),
    Field("longest_losing_run", INTEGER, "Losses in a row.", minimum=0),
    Field("trials", INTEGER, "Runs made on this data, this one included.", minimum=0),
    Field("bets_needed", INTEGER, "Bets it takes to tell such an ROI from 0.", minimum=0),
    Field("total_wagered", NUMBER, "Stakes of the settled bets."),
    Field("total_profit", NUMBER, "Profit after commission."),
    Field("roi", NUMBER, "Profit a unit wagered.", "share", nullable=True),
    Field("roi_low", NUMBER, "Lower end of its 95 % interval.", "share", nullable=True),
    Field("roi_high", NUMBER, "Upper end of its 95 % interval.", "share", nullable=True),
    Field("p_value", NUMBER, "Chance of such a profit if every bet were fair.", **_CHANCE),
    Field("return_on_bankroll", NUMBER, "Profit over the first bankroll.", "share"),
    Field("max_drawdown", NUMBER, "Deepest fall of the money."),
    Field("max_drawdown_percent", NUMBER, "The same over the height before.", "share", True),
    Field("sharpe_ratio", NUMBER, "Sharpe ratio of daily returns, for a year.", nullable=True),
    Field("sortino_ratio", NUMBER, "The same with losses alone as risk.", nullable=True),
    Field("probabilistic_sharpe", NUMBER, "Chance that the ratio is above 0.", **_CHANCE),
    Field("deflated_sharpe", NUMBER, "Chance that it beats the luck of all trials.", **_CHANCE),
    Field("win_rate", NUMBER, "Won of won and lost.", "share", nullable=True),
    Field("average_odds", NUMBER, "Mean price of the bets.", "decimal odds", nullable=True),
    Field("profit_factor", NUMBER, "Money won over money lost.", nullable=True),
    Field("expected_profit", NUMBER, "Profit by the strategy's own chances.", nullable=True),
    Field("final_bankroll", NUMBER, "Money at the end."),
    # --- decisions ---
    Field("void_id", INTEGER, "Number of the void."),
    Field("from_capture", TIMESTAMP, "First capture it covers."),
    Field("to_capture", TIMESTAMP, "Last capture it covers."),
    Field("created_by", TEXT, "Who said so."),
    Field("lifted_at", TIMESTAMP, "Since when it no longer holds.", nullable=True),
    Field("merge_id", INTEGER, "Number of the merge."),
    Field("kept_event_id", TEXT, "The event that readers answer for.", nullable=True),
    Field("member_event_id", TEXT, "The event that is the same.", nullable=True),
    Field("spelling", TEXT, "The spelling of a team's name that is merged.", nullable=True),
    Field("undone_at", TIMESTAMP, "Since when they are two again.", nullable=True),
    Field("decision_id", INTEGER, "Number of the decision."),
    Field("log_id", INTEGER, "The issue in data_quality_logs.", nullable=True),
    Field("quarantine_id", INTEGER, "The part in quarantine.", nullable=True),
    Field("action", TEXT, "What was decided.", enum=("release", "void", "keep")),
    Field("decided_by", TEXT, "Who decided."),
    Field("alert_id", INTEGER, "The alert."),
    Field("channel", TEXT, "The channel's name, without its secret."),
    Field("delivered_at", TIMESTAMP, "When the channel took it."),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _FIELDS})

_QUOTES = (
    *("event_id", "bookmaker_key", "market_key", "outcome_name", "description", "point"),
    *("price", "american_price", "capture_time", "known_time", "last_update"),
    *("age_seconds", "quote_age_seconds", "in_play", "commence_time", "home_team", "away_team"),
)

_LINES = (
    *("event_id", "bookmaker_key", "market_key", "outcome_name", "description", "point"),
    *("price", "american_price", "capture_time", "known_time"),
)


def _without(names: tuple[str, ...], left_out: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != left_out)


TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "events": (
            *("id", "sha_key", "sport_key", "sport_title", "commence_time", "start_precision"),
            *("home_team", "away_team", "status", "status_inferred"),
            *("home_score", "away_score", "home_margin", "completed_at"),
            *("created_at", "updated_at"),
        ),
        "odds_snapshots": (
            *("id", "event_id", "snapshot_time", "known_time", "commence_time"),
            *("start_precision", "in_play"),
            *("unlisted", "bookmaker_count", "api_request_id", "raw_data", "created_at"),
        ),
        "odds": (
            *("id", "event_id", "bookmaker_key", "bookmaker_title", "market_key"),
            *("outcome_name", "description", "price", "point"),
            *("odds_timestamp", "last_update", "created_at", "is_valid", "validation_notes"),
            "decimal_price",
        ),
        "data_quality_logs": (
            *("id", "event_id", "severity", "issue_type", "description", "raw_data"),
            *("created_at", "rule", "partition", "bookmaker_key", "market_key"),
            *("outcome_name", "snapshot_time", "resolution"),
        ),
        "fetch_logs": (
            *("id", "fetch_time", "sport_key", "endpoint", "events_count", "bookmakers_count"),
            *("success", "error_code", "error_message", "api_quota_remaining"),
            *("response_time_ms", "credits", "slot_id"),
        ),
        "slots": ("slot_id", "purpose", "sport_key", "slot_time", "status", "reason", "why"),
        "credit_ledger": (
            *("entry_id", "call_id", "entry", "credits", "key_fingerprint", "purpose", "endpoint"),
            *("sport_key", "slot_id", "provider_used", "provider_remaining", "entered_at"),
        ),
        "quarantine": (
            *("id", "raw_id", "capture_time", "event_id", "bookmaker_key", "market_key"),
            *("location", "reason", "evidence", "status", "created_at", "updated_at"),
        ),
        "raw_responses": (
            *("raw_id", "call_id", "source", "endpoint", "request", "status", "headers"),
            *("sha256", "body_size", "received_at", "received_basis", "clock_at"),
            *("provider_date", "captured_at", "odds_format", "elapsed_ms", "credits"),
            "known_time",
        ),
        "quotes": (*_QUOTES, "missing_reason"),
        "line_movement": (
            *("capture_time", "outcome_name", "description", "point", "price", "in_play"),
            "missing_reason",
        ),
        "best_odds": _QUOTES,
        "decision_frame": (
            *("event_id", "offset_seconds", "decision_time", "start_precision"),
            *_QUOTES[1:],
            "missing_reason",
        ),
        "closing_lines": (
            *_LINES,
            *("gap_seconds", "kind", "missing_reason", "commence_time", "start_precision"),
            "flagged",
        ),
        "opening_lines": (
            *_LINES,
            *("gap_seconds", "at_first_sight", "kind", "missing_reason", "first_seen"),
            "flagged",
        ),
        "event_history": (
            *("capture_time", "known_time", "source", "commence_time", "start_precision"),
            *("home_team", "away_team", "status", "home_score", "away_score", "in_play"),
            *("in_play_by_true_start", "start_changed", "status_changed", "score_changed"),
        ),
        "compare_bookmakers": (
            *_QUOTES,
            *("implied_probability", "overround", "fair_probability"),
        ),
        "fair_prices": (
            *("event_id", "market_key", "outcome_name", "description", "point", "source"),
            *("bookmaker_key", "method", "fair_probability", "multiplicative", "additive"),
            *("power", "odds_ratio"),
            *("shin", "bookmakers", "stale", "chosen", "flagged", "capture_time", "known_time"),
        ),
        "edges": (
            *("opportunity_id", "event_id", "sport_key", "market_key", "outcome_name"),
            *("description", "point", "kind", "strategy", "status", "verdict", "category"),
            *("tags", "bookmaker_key", "price", "american_price", "fair_probability"),
            *("model_probability", "implied_probability", "model_version", "edge_percentage"),
            *("greatest_edge_percentage", "kelly_fraction", "age_seconds", "total_stake"),
            *("worst_case_profit", "first_seen", "last_seen", "expires_at", "commence_time"),
            *("closed_at", "closed_by", "sights", "episodes", "life_seconds", "legs"),
        ),
        "edge_sights": (
            *("capture_time", "known_time", "superseded_at", "state", "bookmaker_key", "price"),
            *("fair_probability", "implied_probability", "edge_percentage", "kelly_fraction"),
            *("age_seconds", "verdict", "reason", "closed_by", "legs"),
        ),
        "closing_prices": (
            *("day", "event_id", "sport_key", "bookmaker_key", "market_key", "outcome_name"),
            *("description", "phase", "point", "line", "price", "american_price", "capture_time"),
            *("known_time", "gap_seconds", "kind", "missing_reason", "overround"),
            *("fair_probability", "method", "result", "unsettled_reason", "flagged"),
            "commence_time",
        ),
        "line_movements": (
            *("day", "event_id", "bookmaker_key", "market_key", "outcome_name", "description"),
            *("opening_point", "opening_price", "opening_probability", "opened_at"),
            *("closing_point", "closing_price", "closing_probability", "closed_at"),
            *("captures", "moves", "net_move", "largest_move", "steam_moves", "first_moves"),
        ),
        "bookmaker_scorecards": (
            *("day", "bookmaker_key", "market_key", "boards", "uptime", "mean_overround"),
            *("median_age_seconds", "p95_age_seconds", "stale_share", "best_share", "moves"),
            *("steam_moves", "first_moves", "median_lag_seconds"),
        ),
        "edge_statistics": (
            *("kind", "dimension", "value", "edges", "executable", "mean_edge_percentage"),
            *("median_life_seconds", "settled", "expected_yield", "realised_yield"),
            *("realised_low", "realised_high", "with_closing", "mean_clv"),
            *("without_closing", "line_moved", "computed_at"),
        ),
        "edge_values": (
            *("opportunity_id", "event_id", "market_key", "kind", "realised"),
            *("unsettled_reason", "clv", "price_ratio", "points_gained", "line_moved"),
            *("clv_reason", "computed_at"),
        ),
        "calibrations": (
            *("sport_key", "market_key", "phase", "grouping", "value", "method", "markets"),
            *("mean_overround", "log_loss", "log_loss_low", "log_loss_high", "brier"),
            *("difference", "t_value", "reliability", "computed_at"),
        ),
        "alerts": (
            *("id", "alert_key", "alert_type", "severity", "triggered_at", "object_kind"),
            *("object_id", "threshold_value", "actual_value", "message", "sent", "sent_at"),
            *("acknowledged_at", "told_in"),
        ),
        "alert_deliveries": ("alert_id", "channel", "delivered_at"),
        "stage_runs": (*("id", "stage", "ended_at", "seconds", "rows", "success", "error_class"),),
        "voids": (
            *("void_id", "known_time", "event_id", "bookmaker_key", "market_key", "outcome_name"),
            *("description", "from_capture", "to_capture", "reason", "created_by", "lifted_at"),
        ),
        "merges": (
            *("merge_id", "known_time", "kind", "kept_event_id", "member_event_id", "sport_key"),
            *("spelling", "name", "reason", "created_by", "undone_at"),
        ),
        "quality_decisions": (
            *("decision_id", "known_time", "log_id", "quarantine_id", "action", "reason"),
            "decided_by",
        ),
        "model_probabilities": (
            *("event_id", "market_key", "outcome_name", "description", "point", "probability"),
            *("model_name", "model_version", "made_at", "known_time"),
        ),
        "dataset_offers": (
            *("event_id", "offset_seconds", "decision_time", "start_precision"),
            *_without(_QUOTES[1:], "known_time"),
            "missing_reason",
        ),
        "dataset_arrivals": (
            *("event_id", "offset_seconds", "decision_time", "start_precision"),
            *_without(_QUOTES[1:], "known_time"),
            "missing_reason",
        ),
        "dataset_events": (
            *("event_id", "sport_key", "commence_time", "start_precision"),
            *("home_team", "away_team"),
        ),
        "dataset_closing_lines": (
            *_without(_LINES, "known_time"),
            *("gap_seconds", "kind", "missing_reason", "commence_time", "start_precision"),
        ),
        "dataset_results": (
            *("event_id", "home_team", "away_team", "home_score", "away_score"),
            *("void", "settled_at"),
        ),
        "dataset_snapshots": (
            *("id", "snapshot_id", "name", "version", "league", "week", "config"),
            *("model_version", "known_by", "content_hash", "manifest_sha256", "is_locked"),
            *("locked_at", "tags", "description", "metadata", "created_at"),
        ),
        "backtest_results": (
            *("experiment_id", "name", "snapshot_id", "league", "week", "strategy_name"),
            *("total_bets", "winning_bets", "losing_bets", "pushes", "voids", "pending_bets"),
            *("longest_losing_run", "trials", "bets_needed", "total_wagered", "total_profit"),
            *("roi", "roi_low", "roi_high", "p_value", "return_on_bankroll", "max_drawdown"),
            *("max_drawdown_percent", "sharpe_ratio", "sortino_ratio", "probabilistic_sharpe"),
            *("deflated_sharpe", "win_rate", "average_odds", "profit_factor"),
            *("expected_profit", "final_bankroll", "started_at", "completed_at"),
        ),
        "experiments": (
            *("id", "name", "strategy", "config", "dataset_id", "dataset_hash", "code_version"),
            *("seed", "risk_mode", "bankroll", "league", "week", "partition_key", "status"),
            *("metrics", "error", "created_at", "started_at", "completed_at"),
        ),
    }
)

# What each of them is, in a sentence or two.
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "events": "View: one row per event, as it is known now.",
        "odds_snapshots": "View: one row per event and capture.",
        "odds": "View: one row per outcome per snapshot, written out in full.",
        "data_quality_logs": "Table: one row per issue a quality rule found.",
        "fetch_logs": "Table: one row per call to the provider.",
        "slots": "Table: one row per planned capture.",
        "credit_ledger": "Table: credits reserved before and settled after each paid call.",
        "quarantine": "Table: one row per part of a document that cannot be used.",
        "raw_responses": "Table: one row per provider response or imported file.",
        "quotes": "Frame of `odds_at`: the newest quote of each selection as of a time; a voided "
        "one without price and point.",
        "line_movement": "Frame of `line_movement`: each change of one book's market.",
        "best_odds": "Frame of `best_odds`: for each selection the quote that pays most.",
        "decision_frame": "Frame of `decision_frame`: what was on offer at decision points.",
        "closing_lines": "Frame of `closing_lines`: the last pre-match quote, or why not.",
        "opening_lines": "Frame of `opening_lines`: the first pre-match quote, or why not.",
        "event_history": "Frame of `event_history`: every statement about one event, as it came.",
        "compare_bookmakers": "Frame of `compare_bookmakers`: the books' quotes side by side.",
        "fair_prices": "Table: what outcomes were worth at each capture, by source.",
        "edges": "Table: one row per opportunity, its life and its newest sight.",
        "edge_sights": "Table: every sight of an opportunity, and each capture it was gone.",
        "closing_prices": "Table: opening and closing price of each book's outcome, or why not.",
        "line_movements": "Table: how each book's market moved from its opening to its close.",
        "bookmaker_scorecards": "Table: what each book's market was worth on a day.",
        "edge_statistics": "Table: what past edges were worth.",
        "edge_values": "Table: what each past edge was worth, or why that is not known.",
        "calibrations": "Table: how well each margin removal foretold results.",
        "alerts": "Table: what was worth telling, and whether it was told.",
        "alert_deliveries": "Table: which channel took which alert.",
        "stage_runs": "Table: how each run of a stage of the live path went.",
        "voids": "Table: quotes that must not be used; a missing key means every one.",
        "merges": "Table: two events that are one, or a spelling of a team's name.",
        "quality_decisions": "Table: what people decided about issues and quarantined parts.",
        "model_probabilities": "Table: what users' own models said.",
        "dataset_offers": "File of a dataset: what was on offer at decision points.",
        "dataset_arrivals": "File of a dataset frozen with a latency: what was on offer when bets "
        "reached the books, under the moments of their decisions.",
        "dataset_events": "File of a dataset: the events, by the start stated last.",
        "dataset_closing_lines": "File of a dataset: the last pre-match quote, or why not.",
        "dataset_results": "File of a dataset: how the events ended.",
        "dataset_snapshots": "Table: one row per frozen dataset.",
        "backtest_results": "View: one row per completed backtest, its figures as columns.",
        "experiments": "Table: one row per backtest ever begun, failed ones too.",
    }
)

_MAYBE: Mapping[str, Any] = {"nullable": True}

# Only where one name must mean another thing in one table.
_OVERRIDES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("events", "id"): {"type": TEXT, "meaning": "The provider's id of the event."},
    ("odds", "id"): {"meaning": "Stable hash of snapshot and selection."},
    ("odds", "price"): {
        "type": INTEGER,
        "meaning": "Price offered; missing where voided, and for decimal 1, which has no American "
        "form.",
        "unit": "American odds",
        "nullable": True,
        "minimum": None,
        "below": None,
    },
    ("odds", "decimal_price"): {"meaning": "Price offered; missing where voided.", **_MAYBE},
    ("quotes", "price"): {"meaning": "Price offered; missing where voided.", **_MAYBE},
    **{
        (table, "price"): {"meaning": "Price offered; missing where voided.", **_MAYBE}
        for table in ("decision_frame", "dataset_offers", "dataset_arrivals")
    },
    ("line_movement", "price"): {
        "meaning": "Price offered; missing once withdrawn, while voided, and (with "
        "`valid_only`) while flagged.",
        "nullable": True,
    },
    ("line_movement", "point"): {
        "meaning": "Line or handicap; of a withdrawal, the one withdrawn; missing where the "
        "price is for another reason."
    },
    **{
        (table, name): _MAYBE
        for table in ("closing_lines", "opening_lines", "dataset_closing_lines")
        for name in (
            *("outcome_name", "price", "capture_time", "known_time"),
            *("commence_time", "start_precision", "at_first_sight"),
        )
    },
    ("opening_lines", "gap_seconds"): {
        "meaning": "Capture time minus the first capture that listed the event."
    },
    ("edge_values", "line_moved"): {
        "type": BOOLEAN,
        "meaning": "Whether the close had another number.",
        "nullable": True,
        "minimum": None,
    },
    ("data_quality_logs", "event_id"): _MAYBE,
    ("data_quality_logs", "bookmaker_key"): _MAYBE,
    ("data_quality_logs", "market_key"): _MAYBE,
    ("data_quality_logs", "outcome_name"): _MAYBE,
    ("data_quality_logs", "snapshot_time"): _MAYBE,
    ("data_quality_logs", "description"): {
        "meaning": "The issue in a sentence.",
        "nullable": False,
    },
    ("data_quality_logs", "raw_data"): {"meaning": "The evidence.", "nullable": False},
    ("alerts", "severity"): {
        "meaning": "How soon somebody should look.",
        "enum": tuple(AlertSeverity),
    },
    **{
        (table, "known_time"): {"meaning": "When it was said, and since when it holds."}
        for table in ("voids", "merges", "quality_decisions")
    },
    **{
        (table, "reason"): {"meaning": "Why, as the person said.", "nullable": False}
        for table in ("voids", "merges", "quality_decisions")
    },
    **{
        ("voids", name): _MAYBE
        for name in ("event_id", "bookmaker_key", "market_key", "outcome_name")
    },
    ("merges", "kind"): {"meaning": "What is merged.", "enum": ("event", "team")},
    ("merges", "sport_key"): {"meaning": "The team's sport.", "nullable": True},
    ("merges", "name"): {"meaning": "The team's name from then on.", "nullable": True},
    ("stage_runs", "success"): {"meaning": "Whether it ended without an error."},
    ("fetch_logs", "sport_key"): _MAYBE,
    ("fetch_logs", "slot_id"): _MAYBE,
    ("credit_ledger", "credits"): {
        "meaning": "Credits booked; a correction may be negative.",
        "nullable": False,
        "minimum": None,
    },
    ("credit_ledger", "sport_key"): _MAYBE,
    ("credit_ledger", "slot_id"): _MAYBE,
    ("quarantine", "capture_time"): _MAYBE,
    ("quarantine", "event_id"): _MAYBE,
    ("quarantine", "bookmaker_key"): _MAYBE,
    ("quarantine", "market_key"): _MAYBE,
    ("quarantine", "reason"): {"meaning": "Why the part cannot be used.", "nullable": False},
    ("quarantine", "status"): {
        "meaning": "Whether it waits for review, or how that ended.",
        "enum": ("open", "released", "dismissed"),
    },
    ("raw_responses", "status"): {
        "type": INTEGER,
        "meaning": "HTTP status; missing for a file.",
        "nullable": True,
        "enum": (),
    },
    ("fair_prices", "source"): {
        "meaning": "Whose opinion it is.",
        "enum": ("sharp", "exchange", "pool", "median"),
    },
    ("fair_prices", "bookmaker_key"): {"meaning": "The sharp book; missing elsewhere.", **_MAYBE},
    ("fair_prices", "fair_probability"): {
        "meaning": "Fair probability, given that it is no push.",
        "nullable": False,
    },
    ("fair_prices", "method"): {"nullable": False},
    ("fair_prices", "known_time"): {"meaning": "Since when it could be known."},
    ("edges", "kind"): {"meaning": "What kind of edge.", "enum": EDGE_KINDS},
    ("edges", "status"): {
        "meaning": "Where it stands: expired is open, but past expires_at.",
        "enum": EDGE_STATUSES,
    },
    ("edges", "outcome_name"): _MAYBE,
    ("edges", "bookmaker_key"): {"meaning": "Its book; missing with several legs.", **_MAYBE},
    ("edges", "price"): _MAYBE,
    ("edges", "implied_probability"): {
        "meaning": "One divided by the price; of several legs, their booksum after commission.",
        "below": None,
        **_MAYBE,
    },
    ("edges", "edge_percentage"): {"nullable": False},
    ("edges", "age_seconds"): {"meaning": "Age of its oldest price when seen.", **_MAYBE},
    ("edges", "first_seen"): {"meaning": "First capture that showed it.", "nullable": False},
    ("edges", "expires_at"): {"nullable": False},
    ("edges", "commence_time"): {"meaning": "Start as stated when it was last seen."},
    ("edge_sights", "bookmaker_key"): {"meaning": "Its book; missing with several legs.", **_MAYBE},
    ("edge_sights", "price"): _MAYBE,
    ("edge_sights", "implied_probability"): {
        "meaning": "One divided by the price; of several legs, their booksum after commission.",
        "below": None,
        **_MAYBE,
    },
    ("edge_sights", "age_seconds"): {"meaning": "Age of its oldest price.", **_MAYBE},
    ("edge_sights", "verdict"): _MAYBE,
    ("edge_sights", "reason"): {"meaning": "Why it is not executable; missing where it is."},
    **{
        ("closing_prices", name): _MAYBE
        for name in ("outcome_name", "price", "capture_time", "known_time", "commence_time")
    },
    ("closing_prices", "day"): {"meaning": "UTC day on which the event starts."},
    ("line_movements", "day"): {"meaning": "UTC day on which the event starts."},
    ("bookmaker_scorecards", "day"): {"meaning": "UTC day of the captures."},
    ("line_movements", "outcome_name"): {"meaning": "The outcome it is told of: home, or Over."},
    ("line_movements", "closed_at"): {
        "meaning": "Last pre-match capture that showed it.",
        "nullable": False,
    },
    ("edge_statistics", "kind"): {"meaning": "What kind of edge.", "enum": EDGE_KINDS},
    ("calibrations", "method"): {"nullable": False},
    ("model_probabilities", "known_time"): {"meaning": "When it was stored here."},
    ("dataset_snapshots", "model_version"): {
        "meaning": "Version of the model it was frozen for.",
        "nullable": True,
    },
    ("dataset_snapshots", "tags"): {"meaning": "Words it can be found by."},
    ("dataset_snapshots", "description"): {"meaning": "What it is for.", "nullable": True},
    ("dataset_events", "commence_time"): {"meaning": "Start of the event as stated last."},
    ("dataset_closing_lines", "commence_time"): {"meaning": "Start as stated last.", **_MAYBE},
    ("backtest_results", "snapshot_id"): {"meaning": "Its dataset.", **_MAYBE},
    ("experiments", "strategy"): {"meaning": "Name of the strategy, or module:Class."},
    ("experiments", "status"): {
        "meaning": "How far it is, or how it ended.",
        "enum": ("draft", "running", "completed", "failed"),
    },
    ("backtest_results", "completed_at"): {"meaning": "When it ended."},
    ("experiments", "completed_at"): {"meaning": "When it ended; missing until then."},
    ("slots", "status"): {
        "meaning": "How far the capture is, or how it ended.",
        "enum": ("planned", "claimed", "fetched", "ok", "gap", "healed"),
    },
}


def describe(table: str) -> list[Field]:
    """The fields of a table, view or reader frame, in its column order.

    Raises:
        NotFound: no table of that name is described.
    """
    if table not in TABLES:
        raise NotFound(f"no table {table!r} is described; choose from {', '.join(TABLES)}")
    return [replace(FIELDS[name], **_OVERRIDES.get((table, name), {})) for name in TABLES[table]]
