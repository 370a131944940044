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
    Field("location", TEXT, "Where in the document the part stands."),
    Field("evidence", TEXT, "The part itself."),
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

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "events": (
            *("id", "sport_key", "sport_title", "commence_time", "start_precision"),
            *("home_team", "away_team"),
            *("status", "status_inferred", "home_score", "away_score", "completed_at"),
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
    ("decision_frame", "price"): {"meaning": "Price offered; missing where voided.", **_MAYBE},
    ("line_movement", "price"): {
        "meaning": "Price offered; missing once withdrawn, and while voided.",
        "nullable": True,
    },
    ("line_movement", "point"): {
        "meaning": "Line or handicap; of a withdrawal, the one withdrawn; missing while voided."
    },
    **{
        (table, name): _MAYBE
        for table in ("closing_lines", "opening_lines")
        for name in (
            *("outcome_name", "price", "capture_time", "known_time"),
            *("commence_time", "start_precision", "at_first_sight"),
        )
    },
    ("opening_lines", "gap_seconds"): {
        "meaning": "Capture time minus the first capture that listed the event."
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
