"""Our database: reachable, new enough, at our revision, and nothing left lying in it."""

from odds_pipeline.services.doctor.examination import Examination
from odds_pipeline.services.doctor.findings import Check, Finding, fail, ok, warn
from odds_pipeline.storage.health import Backlog, DatabaseHealth

OLDEST = 15
SKEW_S = 2.0
SKEW_FAIL_S = 60.0
# `odds up` and the four runs its daemon may start at once; Dagster's programs beside them.
PROCESSES = 5
DAGSTERS_OWN = 20


def reachable(seen: Examination) -> Finding:
    """There is a database, and it answers."""
    if isinstance(seen.database, DatabaseHealth):
        size = seen.database.size_bytes / 2**20
        return ok("database", f"answers; {size:,.0f} MiB")
    if seen.database == "":
        return warn("database", f"none in {seen.home.path} yet", "run `odds up`: it makes one")
    return fail(
        "database", seen.database, "check DATABASE_URL, or unset it to use the embedded server"
    )


def version(seen: Examination) -> Finding | None:
    """PostgreSQL 15 or newer."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    number = seen.database.version
    found = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 >= OLDEST:
        return ok("database version", found)
    return fail("database version", found, f"use PostgreSQL {OLDEST} or newer")


def encoding(seen: Examination) -> Finding | None:
    """Names of teams and players need UTF8."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    if seen.database.encoding == "UTF8":
        return ok("database encoding", "UTF8")
    return fail(
        "database encoding",
        seen.database.encoding,
        "create the database with ENCODING 'UTF8' TEMPLATE template0",
    )


def timezone(seen: Examination) -> Finding | None:
    """Ours is always UTC; others see the server's."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    zone = seen.database.timezone
    more = "" if zone in {"UTC", "Etc/UTC"} else "; our connections use UTC, psql shows that zone"
    return ok("database timezone", f"{zone}{more}")


def revision(seen: Examination) -> Finding | None:
    """The tables are those this code knows."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    found, needed = seen.database.revision, seen.revision
    if found == needed:
        return ok("database revision", needed)
    if found is None:
        return warn("database revision", "the database is empty", "run `odds db migrate`")
    return fail(
        "database revision",
        f"{found}, this code needs {needed}",
        "run `odds db migrate`; if the database is ahead, use the newer code",
    )


def clock(seen: Examination) -> Finding | None:
    """Known times are the database's, capture times ours or the provider's."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    skew = seen.database.skew_s
    found = f"{abs(skew):,.1f} s {'ahead of' if skew > 0 else 'behind'} this machine"
    if abs(skew) <= SKEW_S:
        return ok("database clock", "agrees with this machine")
    judge = fail if abs(skew) > SKEW_FAIL_S else warn
    return judge("database clock", found, "run a time service (NTP) on both machines")


def connections(seen: Examination) -> Finding | None:
    """The server lets in as many as we may open."""
    if not isinstance(seen.database, DatabaseHealth):
        return None
    settings = seen.settings
    a_process = settings.database_pool_size + settings.database_max_overflow
    most = PROCESSES * a_process + DAGSTERS_OWN
    allowed = seen.database.max_connections - seen.database.reserved_connections
    found = (
        f"{allowed} allowed, {seen.database.open_connections} open; at most {most} needed "
        f"({PROCESSES} processes of {a_process}, {DAGSTERS_OWN} of Dagster)"
    )
    if most <= allowed:
        return ok("connections", found)
    return warn(
        "connections",
        found,
        "raise the server's max_connections, or lower DATABASE_POOL_SIZE or DATABASE_MAX_OVERFLOW",
    )


def kind(seen: Examination) -> Finding | None:
    """A database is DEMO or real for ever."""
    backlog = _backlog(seen)
    if backlog is None or backlog.kind is None:
        return None
    wanted = "demo" if seen.settings.demo else "real"
    if backlog.kind == wanted:
        return ok("kind of data", wanted)
    return fail(
        "kind of data",
        f"the database holds {backlog.kind} data, the settings ask for {wanted}",
        "unset ODDS_API_KEY for DEMO, or use another ODDS_HOME or DATABASE_URL",
    )


def waiting(seen: Examination) -> Finding | None:
    """Documents that are stored but not normalised."""
    backlog = _backlog(seen)
    if backlog is None:
        return None
    if not backlog.pending:
        return ok("waiting responses", "none")
    return warn(
        "waiting responses",
        f"{backlog.pending:,} stored but not normalised",
        "start `odds up` or `odds fetch`: it normalises them first",
    )


def quarantined(seen: Examination) -> Finding | None:
    """Parts of answers that could not be used."""
    backlog = _backlog(seen)
    if backlog is None:
        return None
    if not backlog.quarantined:
        return ok("quarantine", "empty")
    return warn(
        "quarantine",
        f"{backlog.quarantined:,} parts wait for review",
        "`odds export quarantine --format csv` lists them with where and why",
    )


def claims(seen: Examination) -> Finding | None:
    """Slots whose process died while it called."""
    backlog = _backlog(seen)
    if backlog is None:
        return None
    if not backlog.expired_claims:
        return ok("claims", "none has expired")
    return warn(
        "claims",
        f"{backlog.expired_claims} of a process that died in a call",
        "start `odds up` or `odds fetch`: it closes them",
    )


def _backlog(seen: Examination) -> Backlog | None:
    return seen.database.backlog if isinstance(seen.database, DatabaseHealth) else None


CHECKS: tuple[Check, ...] = (
    *(reachable, version, encoding, timezone, revision, clock, connections),
    *(kind, waiting, quarantined, claims),
)
