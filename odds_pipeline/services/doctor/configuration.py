"""Settings and environment: what is wrong with them before anything uses them."""

import re
from urllib.parse import unquote, urlsplit

from odds_pipeline.plugins import Plugin
from odds_pipeline.redaction import SHORTEST, fingerprint
from odds_pipeline.services.doctor.examination import Examination
from odds_pipeline.services.doctor.findings import Check, Finding, fail, ok, warn
from odds_pipeline.storage.urls import DAGSTER_SCHEME

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_KEY_SHAPE = re.compile(r"[0-9a-f]{32}")
_GUESSED = frozenset({"", "postgres", "changeme", "password", "odds", "admin", "secret"})


def settings_readable(seen: Examination) -> Finding:
    """Every setting has a value that can be used."""
    if not seen.faults:
        return ok("settings", "every setting can be used")
    return fail(
        "settings",
        "; ".join(seen.faults.values()),
        "mend it in the environment or in .env; `odds config show` lists all of them",
    )


def database_scheme(seen: Examination) -> Finding:
    """The scheme of DATABASE_URL, which SQLAlchemy 2.1 and Dagster read differently."""
    if "DATABASE_URL" in seen.faults:
        return fail("database address", seen.faults["DATABASE_URL"], "mend DATABASE_URL")
    named = seen.settings.own_database
    if named is None:
        return ok("database address", "DATABASE_URL is not set: the embedded server is used")
    scheme = urlsplit(named).scheme
    if scheme in {"postgres", "postgresql", "postgresql+psycopg", DAGSTER_SCHEME}:
        return ok(
            "database address",
            f"{scheme}:// is read as psycopg 3 here and handed to Dagster as {DAGSTER_SCHEME}://",
        )
    return warn(
        "database address",
        f"the driver of {scheme}:// is not used: psycopg is",
        "write postgresql://user:password@host:5432/database",
    )


def database_password(seen: Examination) -> Finding | None:
    """A password of one's own that cannot be guessed, and can be hidden in logs."""
    named = seen.settings.own_database
    if named is None:
        return None
    password = unquote(urlsplit(named).password or "")
    if password.lower() in _GUESSED or len(password) < SHORTEST:
        return warn(
            "database password",
            "none in DATABASE_URL, or one that is guessed at once",
            "give the database user a long random password, unless it needs none",
        )
    return ok("database password", "set (not shown)")


def dagster_address(seen: Examination) -> Finding:
    """Dagster's own variable, where somebody sets it by hand."""
    url = seen.environment.get("ODDS_DAGSTER_PG_URL")
    if not url:
        return ok("Dagster's address", "set by odds for what it starts; nothing to do")
    if url.startswith(f"{DAGSTER_SCHEME}://"):
        return ok("Dagster's address", f"ODDS_DAGSTER_PG_URL is {DAGSTER_SCHEME}://")
    return fail(
        "Dagster's address",
        "ODDS_DAGSTER_PG_URL has a scheme that Dagster's storage reads as psycopg 3 and fails on",
        f'begin it with {DAGSTER_SCHEME}://, or use eval "$(odds env)"',
    )


def telemetry(seen: Examination) -> Finding | None:
    """Dagster sends nothing home."""
    off = seen.environment.get("DAGSTER_DISABLE_TELEMETRY", "").lower() in {"yes", "true", "1"}
    if off or seen.telemetry is False:
        return ok("telemetry", "Dagster's telemetry is off")
    if seen.telemetry is None:
        return None
    return warn(
        "telemetry", "Dagster's telemetry is on", "set telemetry: enabled: false in dagster.yaml"
    )


def proxies(seen: Examination) -> Finding | None:
    """Variables that other HTTP programs obey and our client does not."""
    found = [name for name in _PROXIES if _either_case(seen, name)]
    if not found:
        return None
    return warn(
        "proxy",
        f"{', '.join(found)} set, but not used: the provider is called directly",
        "allow direct connections to the provider, or name a gateway in ODDS_API_BASE_URL",
    )


def key_shape(seen: Examination) -> Finding:
    """The keys, by their fingerprints only."""
    if seen.settings.odds_api_key is None:
        return ok("API key", "not set: DEMO with simulated odds")
    keys = [key.secret for key in seen.settings.api_keys if key.secret is not None]
    texts = [key.get_secret_value() for key in keys]
    if any(not text.isprintable() or " " in text for text in texts):
        return fail(
            "API key", "holds spaces or control characters", "copy ODDS_API_KEY once more, whole"
        )
    names = ", ".join(map(fingerprint, keys))
    if all(map(_KEY_SHAPE.fullmatch, texts)):
        return ok("API key", f"set, fingerprint {names}")
    return warn(
        "API key",
        f"set, fingerprint {names}, but not 32 hexadecimal digits as keys are",
        "compare it with the provider's mail",
    )


def plugins(seen: Examination) -> Finding:
    """What other distributions add; a broken plug-in is left out and stops nothing else."""
    found = "; ".join(map(_plugin, seen.plugins)) or "none installed"
    if any(one.fault for one in seen.plugins):
        return warn("plug-ins", found, "mend what is broken, or uninstall what brings it")
    return ok("plug-ins", found)


def _plugin(one: Plugin) -> str:
    kind = one.group.rpartition(".")[2]
    fault = f" is broken: {one.fault}" if one.fault else ""
    return f"{kind}: {one.name} ({one.distribution}){fault}"


def _either_case(seen: Examination, name: str) -> str | None:
    return seen.environment.get(name) or seen.environment.get(name.lower())


CHECKS: tuple[Check, ...] = (
    settings_readable,
    key_shape,
    database_scheme,
    database_password,
    dagster_address,
    telemetry,
    proxies,
    plugins,
)
