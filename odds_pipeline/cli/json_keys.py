"""The keys of every `--json`, and what each means; they are stable.

Belongs here: names and meanings, which docs/cli.md lists and tests hold commands to. Does not
belong here: making the values. What the catalog describes is not described again.
"""

from collections.abc import Mapping

from odds_pipeline.catalog.fields import FIELDS, describe
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS


def _named(*names: str) -> dict[str, str]:
    return {name: FIELDS[name].meaning for name in names}


def _described(table: str) -> dict[str, str]:
    return {field.name: field.meaning for field in describe(table)}


_STATUS = {
    "kind": "demo or real; null before the first call.",
    "key": "Fingerprint of the API key; demo without one.",
    "last_fetch": "When the provider was last called.",
    "status": "ok, warning or error.",
    "status_reason": "Why, in words.",
    "events_scheduled": "Events that have not started.",
    "events_total": "Events ever stored.",
    "odds_records": "Quotes stored, changes only.",
    "quota_used": "Credits used this month.",
    "quota_total": "Credits a month (ODDS_API_QUOTA).",
    "quota_remaining": "Credits left, reservations deducted.",
    "quota_remaining_share": "The same as a share of the total; null without a quota.",
    "database_bytes": "Size of the database in bytes.",
    "fetches_24h": "Calls in the last 24 hours.",
    "fetch_success_24h": "Share of them that succeeded; null when there was none.",
    "validation_warnings": "Quality issues that stand.",
    "validation_warnings_share": "The same for each quote stored; null when there is none.",
    "snapshots": "Snapshots stored.",
    "pending": "Responses stored but not normalised.",
    "quarantined": "Quarantined entries that wait for review.",
    "checks_run": "Runs of a rule on a day.",
    "checks_with_issues": "Those that found something.",
    "tables": "With --verbose: as `odds db stats`.",
}
_IMPORT = {
    "files": "One object a file, with the keys below.",
    "days": "UTC days whose facts changed; they were validated and reported to Dagster.",
    "files[].file": "Its path.",
    "files[].status": "imported, unchanged, refused, failed; readable with --dry-run.",
    "files[].kind": "What it was recognised as.",
    "files[].raw_id": "Number of the raw document.",
    "files[].events": "Events in it.",
    "files[].captures": "Captures in it.",
    "files[].snapshots": "Snapshots it added.",
    "files[].quotes": "Quotes it added, changes only.",
    "files[].quarantined": "Entries of it in quarantine.",
    "files[].reason": "Why it was refused or failed.",
}
_FAULTS = {
    "name": "What `--fault` takes.",
    "family": "Which faults it belongs to.",
    "charged": "Whether the provider charges the call it meets.",
    "does": "What goes wrong.",
}
_COVERED = {
    "quotes": "Prices covered: one an outcome a snapshot.",
    "snapshots": "Snapshots with such a price.",
    "days": "UTC days of their captures.",
    "users": "One object a row worked out from one of them, with the keys below.",
    "users[].table": "Its table.",
    "users[].asset": "The Dagster asset that makes a day of the table anew.",
    "users[].row": "Id of the row.",
    "users[].day": "UTC day it belongs to.",
    "users[].says": "What it says.",
}
_VOID = {
    "void_id": "Number of the void.",
    "known_time": "Since when it holds: a reader's known_by before it is not touched.",
    "event_id": "Event voided; null means every one.",
    "bookmaker_key": "Bookmaker voided; null means every one.",
    "market_key": "Market voided; null means every one.",
    "outcome_name": "Outcome voided; null means every one.",
    "description": "Whom the voided outcome is about; null means anyone.",
    "from_capture": "Capture time of the first snapshot voided.",
    "to_capture": "Capture time of the last snapshot voided.",
    "reason": "Why.",
    "created_by": "Who said so.",
    "lifted_at": "Since when it no longer holds; null while it does.",
    "lift_reason": "Why it was lifted.",
    "lifted_by": "Who lifted it.",
}

_DOCTOR = {
    "status": "The worst of the checks: ok, warn or fail.",
    "ok": "How many are ok.",
    "warn": "How many warn.",
    "fail": "How many failed; any makes the exit code 1.",
    "checks": "One object a check, with the keys below; one that does not apply is left out.",
    "checks[].name": "What was looked at.",
    "checks[].status": "ok, warn or fail.",
    "checks[].found": "What was found.",
    "checks[].advice": "What to do; empty when there is nothing to do.",
}
_EXPORT = {
    "what": "What was exported.",
    "path": "The file, or for raw_responses the folder of the bodies.",
    "dictionary": "The file that says what each column is.",
    "format": "parquet or csv.",
    "rows": "Rows written.",
    "bytes": "Size of the file; of all bodies and the list of them for raw_responses.",
    "sha256": "Digest of the file; of the list for raw_responses, which holds each body's.",
    "columns": "Names of the columns, in order.",
}

JSON_KEYS: Mapping[str, Mapping[str, str]] = {
    "fetch": {
        "credits_forecast": "Credits the fetch would cost at most, told before it.",
        "credits": "Credits it was charged.",
        "snapshots": "Snapshots stored meanwhile.",
        "quotes": "Changed quotes stored meanwhile.",
        "markets_refused": "Markets that the provider refused; the others were captured.",
        "checks": "Checks run on the day.",
        "checks_with_issues": "Names of those that found issues.",
        "run_id": "Dagster's id of the run.",
    },
    "import the-odds-api": _IMPORT,
    **{f"import {kind}": _IMPORT for kind in (*LAYOUTS, "generic")},
    "doctor": _DOCTOR,
    "export": _EXPORT,
    "simulator faults": _FAULTS,
    "status": _STATUS,
    "quota": {
        "key": "Fingerprint of the API key; demo without one.",
        "quota": "Credits a month (ODDS_API_QUOTA).",
        "used": "Credits used this month.",
        "reserved": "Credits of calls in flight.",
        "remaining": "Quota minus used and reserved.",
        "provider_remaining": "What the provider last said; null before the first call.",
        "cost_per_tick": "Credits of one live collection.",
        "forecast": "Credits used by the reset if collection goes on.",
        "fits": "Whether that is within the quota.",
        "resets_at": "When the month ends.",
        "keys": "One object a key, with the keys below; the figures above are their sums.",
        "keys[].key": "Its fingerprint.",
        "keys[].quota": "Its credits a month.",
        "keys[].used": "Credits used with it this month.",
        "keys[].reserved": "Credits of its calls in flight.",
        "keys[].floor": "Credits that no call may spend.",
        "keys[].provider_remaining": "What the provider last said of it.",
        "keys[].others": "Credits that somebody else spent with it this month.",
        "keys[].warning": "What to know once four fifths are used; null before.",
        "keys[].refused": "Why a purpose is refused now, by purpose; empty while all may spend.",
    },
    "quota --plan": {
        "quota": "Credits a month of all keys.",
        "card": "The rate card.",
        "prices_as_of": "When the price list was read.",
        "sports": "One object a sport, with the keys below.",
        "sports[].sport_key": "The sport.",
        "sports[].basis": "On which games it is judged.",
        "sports[].games": "How many.",
        "sports[].credits_per_call": "Credits of one capture.",
        "sports[].plans": "One object a sampling plan, with the keys below; a month has 30 days.",
        "sports[].plans[].plan": "Its name.",
        "sports[].plans[].calls": "Captures a month.",
        "sports[].plans[].credits": "Credits a month, scores included.",
        "sports[].plans[].fits": "Whether the quota pays for it.",
        "sports[].plans[].cheapest_plan": "The provider's cheapest plan that does; null if none.",
        "sports[].plans[].dollars": "Its price a month, US dollars.",
        "sports[].plans[].mean_gap_minutes": "Mean time from the last capture to the start.",
        "sports[].plans[].p95_gap_minutes": "Its 95th percentile.",
        "sports[].plans[].without_close": "Games without a capture in the day before their start.",
        "sports[].plans[].left_out": "Captures that the quota leaves out.",
        "sports[].plans[].storage_bytes": "What PostgreSQL grows by a month.",
        "backfill": "With --backfill: days, calls, credits and whether games were known (exact).",
    },
    "events": _described("events"),
    "show-odds": _described("quotes"),
    "show-odds --raw": {
        "raw_id": "Number of the raw document.",
        "capture_time": FIELDS["capture_time"].meaning,
        "known_time": FIELDS["known_time"].meaning,
        "source": "Where the document came from.",
        "sha256": "Digest of its exact bytes.",
        "event": "The event as the document has it.",
    },
    "show-odds --details": {
        "raw_id": "Number of the raw document.",
        "capture_time": FIELDS["capture_time"].meaning,
        "home_rotation": "Rotation number of the home side; null where not sent.",
        "away_rotation": "The same of the away side.",
        "quotes": "One object a price with anything beside it, with the keys below.",
        **{
            f"quotes[].{name}": FIELDS[name].meaning
            for name in ("bookmaker_key", "market_key", "outcome_name", "description", "point")
        },
        "quotes[].bet_limit": "Largest stake, in the bookmaker's currency.",
        "quotes[].multiplier": "A fantasy operator's payout multiplier.",
        "quotes[].link": "The bookmaker's page nearest to the outcome.",
        "quotes[].sid": "The bookmaker's own id of the outcome.",
        "quotes[].market_sid": "Its id of the market.",
        "quotes[].event_sid": "Its id of the event.",
    },
    "line-movement": _described("line_movement") | _named("american_price"),
    "best": _described("best_odds"),
    "compare": _described("compare_bookmakers"),
    "void add": {"void_id": "Number of the void; null with --dry-run."} | _COVERED,
    "void list": _VOID,
    "void lift": _VOID,
    "void affected": {"void_id": "Number of the void."} | _COVERED,
    "env": {
        "DATABASE_URL": "Our database, with its password.",
        "ODDS_DAGSTER_PG_URL": "Dagster's database, with its password.",
        "ODDS_HOME": "The home folder.",
        "DAGSTER_HOME": "Dagster's home folder.",
        "DAGSTER_DISABLE_TELEMETRY": "Always yes.",
    },
    "config show": {
        "name": "Environment variable, also usable in .env.",
        "value": "Value in force; a secret is not shown.",
        "default": "Value when nothing is set.",
        "set_in": "environment, .env or default.",
        "meaning": "What it does.",
    },
    "db migrate": {"revision": "Revision the database is at."},
    "db clean": {
        "kind": "quotes, snapshots or raw_bodies.",
        "month": "First day of the UTC month.",
        "rows": "Rows of the month.",
        "hot_bytes": "Size in PostgreSQL, indexes included.",
        "path": "The file that holds them; null with --dry-run.",
        "archive_bytes": "Its size; null with --dry-run.",
    },
    "db rebuild": {
        "day": "UTC day.",
        "documents": "Raw documents it was made of.",
        "differences": "One object a table that differs, with the keys below.",
        "differences[].table": "captures, snapshots, quotes or event_statements.",
        "differences[].missing": "Rows that raw says and the table lacks.",
        "differences[].surplus": "Rows of the table that raw does not say.",
    },
    "db stats": {
        "table": "Its name; partitions are summed.",
        "rows": "Rows as PostgreSQL estimates them.",
        "bytes": "Size with indexes.",
    },
    "db url": {"url": "The address; its password only with --show-password."},
}
