"""PostgreSQL URLs: the one place where their scheme, database name and password are handled.

SQLAlchemy 2.1 reads a bare ``postgresql://`` as psycopg 3, and dagster-postgres then fails on the
first event of every run; so no URL leaves this project without its driver in the scheme.

Belongs here: rewriting of URL texts. Does not belong here: connections, settings.
"""

import re

from odds_pipeline.errors import SettingsError

DATA_SCHEME = "postgresql+psycopg"
DAGSTER_SCHEME = "postgresql+psycopg2"
_ACCEPTED = re.compile(r"(?:postgres|postgresql)(?:\+[a-z0-9_]+)?")
_SCHEME = re.compile(r"[a-z][a-z0-9+]*://")
_PASSWORD_PARAMETER = re.compile(r"(password=)[^&]*", re.IGNORECASE | re.DOTALL)


def data_url(url: str) -> str:
    """The URL for our own engine, on psycopg 3.

    Args:
        url: ``postgres://``, ``postgresql://`` or ``postgresql+driver://``.

    Raises:
        SettingsError: not the URL of a PostgreSQL database.
    """
    return f"{DATA_SCHEME}://{_after_scheme(url)}"


def dagster_url(url: str) -> str:
    """The same URL for Dagster's storage, which works on psycopg2 only.

    Raises:
        SettingsError: not the URL of a PostgreSQL database.
    """
    return f"{DAGSTER_SCHEME}://{_after_scheme(url)}"


def dagster_database(url: str) -> str:
    """The same server and driver, the database named ``<name>_dagster``.

    Dagster's instance keeps its own ``alembic_version`` table, so it never shares ours.

    Raises:
        SettingsError: not the URL of a PostgreSQL database.
    """
    scheme = url.partition("://")[0]
    address, question, query = _after_scheme(url).partition("?")
    return f"{scheme}://{address}_dagster{question}{query}"


def libpq_url(url: str) -> str:
    """The URL as libpq reads it, for ``psycopg.connect`` alone; SQLAlchemy never sees it.

    Raises:
        SettingsError: not the URL of a PostgreSQL database.
    """
    return f"postgresql://{_after_scheme(url)}"


def redacted(url: str) -> str:
    """The URL with its password replaced, for messages.

    Any text is accepted, since this is used to report URLs that are wrong.
    """
    found = _SCHEME.match(url)
    scheme = found[0] if found else ""
    login, at, place = url.removeprefix(scheme).rpartition("@")
    user, colon, _ = login.partition(":")
    shown = f"{scheme}{user}{':***' if colon else ''}{at}{place}"
    return _PASSWORD_PARAMETER.sub(r"\1***", shown)


def _after_scheme(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    database = rest.partition("?")[0].rpartition("/")
    if not separator or not _ACCEPTED.fullmatch(scheme) or not database[1] or not database[2]:
        raise SettingsError(
            "DATABASE_URL: must look like postgresql://user:password@host:5432/database"
        )
    return rest
