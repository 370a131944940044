"""The one place the environment and `.env` are read.

Belongs here: every setting, its type, default, meaning and range. Does not belong here: what is
done with it. Only the composition roots (``cli``, ``orchestration``) call ``load_settings``.
"""

import re
from datetime import UTC, date, datetime, time
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from odds_pipeline import crash_points
from odds_pipeline.catalog.markets import FEATURED
from odds_pipeline.catalog.plain_text import require_plain
from odds_pipeline.catalog.pricing import FAIR_METHODS
from odds_pipeline.errors import SettingsError
from odds_pipeline.planning.adaptive import BOUNDS
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.secret_files import SecretFiles, Unreadable

PROVIDER_URL = "https://api.the-odds-api.com"
DEFAULT_BOOKMAKERS = (
    "pinnacle",
    "circasports",
    "draftkings",
    "fanduel",
    "betmgm",
    "williamhill_us",
    "betrivers",
    "bovada",
)

Keys = Annotated[tuple[str, ...], NoDecode]
Counts = Annotated[tuple[int, ...], NoDecode]
Hosts = Annotated[tuple[str, ...], NoDecode]
Networks = Annotated[tuple[str, ...], NoDecode]
_LOGIN = re.compile(r"[^:\s]+:\$argon2id\$[^\s]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_WEBHOOK = re.compile(
    r"https://(?:(?:canary|ptb)\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/[A-Za-z0-9_-]+/?"
)
_KEY = re.compile(r"(?=.*[a-z0-9])[a-z0-9_]{1,100}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
TIERS = tuple(reversed(tuple(BOUNDS)))
_GUESSABLE = "is a default that everybody knows; choose another one"
_DEFAULTS = frozenset(
    {"", "postgres", "postgresql", "password", "passwd", "changeme", "change-me", "admin", "root"}
    | {"secret", "default", "example", "test", "1234", "12345", "123456", "odds", "odds_pipeline"}
)


MOST_CREDITS = 1_000_000_000
LONGEST = 4_096  # characters of a setting, as of a path
_LONGEST_REASON = 300


class ApiKey(NamedTuple):
    """One key of the provider (``None`` in DEMO) and the credits a month of its plan."""

    secret: SecretStr | None
    quota: int


class Settings(BaseSettings):
    """All settings; each field's description is what `.env.example` and the docs say of it."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    odds_api_key: SecretStr | None = Field(
        None,
        description="Key of The Odds API, or several, comma separated: the first whose budget "
        "allows a call makes it. Unset: the loopback provider (DEMO) is used.",
    )
    odds_api_base_url: str = Field(
        PROVIDER_URL, description="Root address of the provider, without `/v4`."
    )
    odds_api_quota: Counts = Field(
        (20_000,),
        description="Credits a month of the plan, one number for all keys or one each, comma "
        "separated; the month starts on the 1st, UTC.",
    )
    credit_floor_percent: float = Field(
        1, ge=0, le=100, description="Percent of the quota that no call may touch."
    )
    closing_reserve_percent: float = Field(
        5,
        ge=0,
        le=100,
        description="Percent of the quota kept for closing captures; less as the month ends.",
    )
    live_reserve_percent: float = Field(
        10,
        ge=0,
        le=100,
        description="Percent of the quota that scores, healing and backfills leave to live "
        "collection; less as the month ends.",
    )
    heal_percent: float = Field(
        5, ge=0, le=100, description="Percent of the quota a month that healing gaps may cost."
    )
    odds_yes: bool = Field(
        False,
        description="Confirm paid collection without a question (for use without a terminal).",
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15+ of your own. Unset: an embedded server under ODDS_HOME.",
    )
    database_password: SecretStr | None = Field(
        None, description="Password of the user in DATABASE_URL, where the address holds none."
    )
    database_collector_password: SecretStr | None = Field(
        None,
        description="Password that `odds db roles` gives the role that collects: it adds rows, and "
        "can neither change nor delete raw responses and the ledger.",
    )
    database_researcher_password: SecretStr | None = Field(
        None, description="Password that `odds db roles` gives the role that only reads."
    )
    database_direct_url: SecretStr | None = Field(
        None,
        description="The server's own address, where DATABASE_URL leads through a pooler in "
        "transaction mode such as pgbouncer: for Dagster, migrations, backups and roles.",
    )
    database_pool_size: int = Field(5, ge=1, le=100, description="Connections kept open.")
    database_max_overflow: int = Field(
        5, ge=0, le=100, description="Connections opened beyond the pool under load."
    )
    sports: Keys = Field(("basketball_nba",), description="Sport keys, comma separated.")
    bookmakers: Keys = Field(
        DEFAULT_BOOKMAKERS,
        description="Bookmaker keys, comma separated; each started ten cost as one region.",
    )
    markets: Keys = Field(
        ("h2h", "spreads", "totals"),
        description="Featured market keys, comma separated; each costs one credit a region.",
    )
    regions: Keys = Field(
        (), description="Provider regions, comma separated; used only when BOOKMAKERS is empty."
    )
    sampling_mode: SamplingMode = Field(
        SamplingMode.FIXED,
        description="How captures are timed: fixed (every FIXED_INTERVAL_MINUTES), adaptive (by "
        "the nearest start) or planned (the best closing lines for the credits there are).",
    )
    fixed_interval_minutes: int = Field(
        30, description="Minutes between captures in fixed mode: a divisor of 1,440."
    )
    adaptive_intervals: Counts = Field(
        (30, 15, 5, 1),
        description="Minutes between captures in adaptive mode when the nearest start is more "
        "than 24 hours, 3 to 24 hours, 1 to 3 hours and less than an hour away.",
    )
    history_start: date = Field(
        date(2020, 6, 6),
        ge=date(1970, 1, 1),
        le=date(2100, 1, 1),
        description="First daily partition; the provider's history begins then.",
    )
    enable_validation: bool = Field(True, description="Run the quality rules after each capture.")
    fair_method: str = Field(
        "power",
        description="Margin removal of the fair price that edges are judged by: multiplicative, "
        "additive, power, odds_ratio or shin.",
    )
    sharp_bookmakers: Keys = Field(
        ("pinnacle", "circasports", "lowvig"),
        description="Bookmaker keys whose price is the fair price, the sharpest first, comma "
        "separated; without one of them it is that of all books together.",
    )
    edge_min_percent: float = Field(
        1, ge=0, le=100, description="Least expected value of a bet that is an edge, percent."
    )
    low_hold_percent: float = Field(
        1,
        ge=0,
        le=100,
        description="Greatest cost of backing every outcome that is a low hold, percent.",
    )
    kelly_fraction: float = Field(
        0.25, ge=0, le=1, description="Share of full Kelly that an edge's stake is told as."
    )
    stake_total: float = Field(
        1000, gt=0, le=1e9, description="Money for which the stakes of an arbitrage are worked out."
    )
    stake_step: float = Field(1, gt=0, le=1e9, description="Smallest unit of money of a stake.")
    reject_invalid_odds: bool = Field(
        False,
        description="Strict mode: quarantine quotes that a rule finds wrong (not merely unusual), "
        "until `odds quality` releases them. Otherwise they are flagged and kept.",
    )
    hot_raw_days: int = Field(
        3,
        ge=1,
        le=3650,
        description="Days for which a response's JSON is also readable in plain SQL.",
    )
    odds_home: Path = Field(
        Path(".odds"), description="Folder of the embedded server, spool, logs and Dagster files."
    )
    backup_dir: Path | None = Field(
        None,
        description="Folder of backups; unset: backups under ODDS_HOME. Another disk is better.",
    )
    backup_keep: int = Field(
        7, ge=1, le=1000, description="Backups kept; the newest proven one is kept in any case."
    )
    odds_ui_port: int = Field(3000, ge=1, le=65535, description="Port of the Dagster UI.")
    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port at which a host lets a web program be reached; `odds serve` listens "
        "there.",
    )
    odds_ui_login: SecretStr | None = Field(
        None,
        description="User and argon2id hash of the password that the Dagster UI asks for, as `odds "
        "config hash-password` prints it. Unset: no login.",
    )
    odds_ui_hosts: Hosts = Field(
        (),
        description="Names, comma separated, that the Dagster UI is reached by beside localhost.",
    )
    odds_ui_read_only: bool = Field(
        False, description="Show the Dagster UI without letting anybody start or change anything."
    )
    odds_ui_proxy_user_header: str | None = Field(
        None,
        description="Header in which a reverse proxy names the user it has logged in to the "
        "Dagster UI, such as X-Remote-User. Unset: none is believed.",
    )
    odds_ui_proxies: Networks = Field(
        ("127.0.0.1/32", "::1/128"),
        description="Networks, comma separated, from which that header is believed.",
    )
    odds_simulator_port: int = Field(
        8765, ge=1, le=65535, description="Port of the loopback provider."
    )
    alert_enabled: bool = Field(
        False, description="Raise alerts and send them by the channels below; docs/alerts.md."
    )
    discord_webhook_url: SecretStr | None = Field(
        None, description="Discord webhook that takes alerts."
    )
    alert_urls: SecretStr | None = Field(
        None,
        description="Further channels for alerts: apprise addresses (Slack, e-mail, Telegram, …), "
        "comma separated.",
    )
    alert_local_targets: bool = Field(
        False,
        description="Allow channels on this machine (127.0.0.1, localhost), also without TLS.",
    )
    alert_ev_percent: float = Field(
        3, ge=0, le=100, description="Least expected value of an edge that is told, percent."
    )
    alert_arbitrage_percent: float = Field(
        0.5, ge=0, le=100, description="Least sure profit of an arbitrage that is told, percent."
    )
    alert_move_points: float = Field(
        5,
        gt=0,
        le=100,
        description="Points of fair probability within an hour that are a large movement.",
    )
    alert_hourly_limit: int = Field(
        12, ge=1, le=1000, description="Messages an hour; critical ones may be as many again."
    )
    alert_quiet_hours: str = Field(
        "",
        description="From and until which time of day, UTC, only critical alerts are sent, such "
        "as 22:00-06:00.",
    )
    alert_daily_at: str = Field(
        "08:00", description="Time of day, UTC, from which the day before is summed up; off: never."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    log_format: Literal["json", "readable"] = Field(
        "json", description="json (production), or readable lines (development)."
    )
    log_file: Path | None = Field(
        None, description="Log file, one a day; unset: logs/odds.log under ODDS_HOME."
    )
    odds_crash: str | None = Field(
        None, description="For tests: a crash point at which the process kills itself."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `.env`, then the files that NAME_FILE names."""
        files = SecretFiles(settings_cls, secret_settings(), env_settings, dotenv_settings)
        return init_settings, env_settings, dotenv_settings, files

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: object) -> object:
        if isinstance(value, Unreadable):
            raise ValueError(value.reason)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, str):
                require_plain(part, LONGEST)
        return value

    @field_validator(
        *("sports", "bookmakers", "markets", "regions", "sharp_bookmakers"),
        *("odds_ui_hosts", "odds_ui_proxies"),
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("sports", "bookmakers", "regions", "sharp_bookmakers")
    @classmethod
    def _plain_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if not _KEY.fullmatch(key):
                raise ValueError(
                    f"{key[:50]!r} is not a key (up to 100 lower-case letters, digits, underscores)"
                )
        if len(set(value)) != len(value):
            raise ValueError("a key stands twice")
        return value

    @field_validator("markets")
    @classmethod
    def _featured(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [key[:50] for key in value if key not in FEATURED]
        if unknown or not value:
            raise ValueError(f"unknown market {unknown}; choose from {', '.join(FEATURED)}")
        return value

    @field_validator("fair_method")
    @classmethod
    def _stored_method(cls, value: str) -> str:
        if value not in FAIR_METHODS:
            raise ValueError(f"must be one of {', '.join(FAIR_METHODS)}")
        return value

    @field_validator("odds_api_key")
    @classmethod
    def _different_keys(cls, value: SecretStr | None) -> SecretStr | None:
        keys = _parts(value)
        if value is not None and (not keys or len(set(keys)) != len(keys)):
            raise ValueError("must be keys, comma separated, each once")
        return value

    @field_validator("odds_api_quota", "adaptive_intervals", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if isinstance(value, str):
            return value.split(",")
        return (value,) if isinstance(value, int) else value

    @field_validator("odds_api_quota")
    @classmethod
    def _one_or_one_each(cls, value: tuple[int, ...], others: ValidationInfo) -> tuple[int, ...]:
        keys = len(_parts(others.data.get("odds_api_key")))
        if not value or min(value) < 0 or max(value) > MOST_CREDITS:
            raise ValueError(
                f"must be a number of credits, at least 0 and at most {MOST_CREDITS:,}"
            )
        if len(value) not in {1, max(keys, 1)}:
            raise ValueError(f"{len(value)} numbers for {max(keys, 1)} key(s): one, or one each")
        return value

    @field_validator("fixed_interval_minutes")
    @classmethod
    def _divides_a_day(cls, value: int) -> int:
        if value < 1 or 1440 % value:
            raise ValueError("must be a whole number of minutes that divides 1,440, such as 30")
        return value

    @field_validator("adaptive_intervals")
    @classmethod
    def _a_number_a_tier(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) != len(TIERS) or any(n < 1 or 1440 % n for n in value):
            raise ValueError(
                f"must be {len(TIERS)} numbers of minutes ({', '.join(TIERS)}) that divide 1,440"
            )
        return value

    @field_validator("odds_api_base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        host = parts.hostname
        if parts.scheme not in {"http", "https"} or not host or " " in host or parts.query:
            raise ValueError("must be an http(s) address without a query")
        _require_port(parts)
        return value.rstrip("/")

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme.split("+")[0] not in {"postgresql", "postgres"} or len(parts.path) < 2:
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        _require_port(parts)
        if parts.password is not None and _guessable(unquote(parts.password), parts.username):
            raise ValueError(f"its password {_GUESSABLE}: ALTER ROLE … PASSWORD …")
        return value

    @field_validator(
        "database_password", "database_collector_password", "database_researcher_password"
    )
    @classmethod
    def _not_guessable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _guessable(value.get_secret_value(), None):
            raise ValueError(_GUESSABLE)
        return value

    @field_validator("database_password")
    @classmethod
    def _somebodys(cls, value: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        url = others.data.get("database_url")
        if value is not None and url and not urlsplit(url.get_secret_value()).username:
            raise ValueError("whose? DATABASE_URL names no user")
        return value

    @field_validator("odds_ui_login")
    @classmethod
    def _user_and_hash(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _LOGIN.fullmatch(value.get_secret_value()):
            raise ValueError("must be USER:HASH as `odds config hash-password` prints it")
        return value

    @field_validator("odds_ui_hosts")
    @classmethod
    def _names_without_port(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _HOST.fullmatch(name):
                raise ValueError(f"{name!r} is not a host name, without scheme and port")
        return value

    @field_validator("odds_ui_proxy_user_header")
    @classmethod
    def _header_name(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER.fullmatch(value):
            raise ValueError("must be the name of a header, such as X-Remote-User")
        return value

    @field_validator("odds_ui_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError as invalid:
                raise ValueError(f"{network!r} is not a network such as 10.0.0.0/8") from invalid
        return value

    @field_validator("discord_webhook_url")
    @classmethod
    def _discord(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _WEBHOOK.fullmatch(value.get_secret_value()):
            raise ValueError("must look like https://discord.com/api/webhooks/ID/TOKEN")
        return value

    @field_validator("alert_urls")
    @classmethod
    def _addresses(cls, value: SecretStr | None) -> SecretStr | None:
        if any("://" not in address for address in _parts(value)):
            raise ValueError("must be apprise addresses such as mailtos://…, comma separated")
        return value

    @field_validator("alert_quiet_hours")
    @classmethod
    def _span_of_day(cls, value: str) -> str:
        if value:
            _span(value)
        return value

    @field_validator("alert_daily_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if value != "off":
            _time(value)
        return value

    @field_validator("odds_crash")
    @classmethod
    def _crash_point(cls, value: str | None) -> str | None:
        if value is not None:
            crash_points.parse(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return value.upper()

    @cached_property
    def home(self) -> Path:
        """``odds_home`` as an absolute path."""
        return self.odds_home.expanduser().resolve()

    @cached_property
    def backups(self) -> Path:
        """The folder backups stand in, as an absolute path."""
        return (self.backup_dir or self.home / "backups").expanduser().resolve()

    @property
    def own_database(self) -> str | None:
        """Address of the database of one's own, with its password; ``None``: the embedded one."""
        return self._with_password(self.database_url)

    @property
    def direct_database(self) -> str | None:
        """The same without the pooler that may stand before it."""
        return self._with_password(self.database_direct_url or self.database_url)

    def _with_password(self, secret: SecretStr | None) -> str | None:
        if secret is None:
            return None
        url = secret.get_secret_value()
        parts = urlsplit(url)
        if self.database_password is None or parts.password is not None:
            return url
        password = quote(self.database_password.get_secret_value(), safe="")
        user, _, place = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}:{password}@{place}").geturl()

    @property
    def demo(self) -> bool:
        """Whether the loopback provider stands in for the real one."""
        return self.odds_api_key is None

    @property
    def api_keys(self) -> tuple[ApiKey, ...]:
        """The keys, each with its quota; without a key the one of DEMO."""
        secrets = [SecretStr(key) for key in _parts(self.odds_api_key)]
        quotas = self.odds_api_quota * (len(secrets) // len(self.odds_api_quota))
        return tuple(map(ApiKey, secrets, quotas)) or (ApiKey(None, self.odds_api_quota[0]),)

    @property
    def alert_addresses(self) -> tuple[str, ...]:
        """Every channel's address; each is a secret."""
        webhook = self.discord_webhook_url
        first = () if webhook is None else (webhook.get_secret_value(),)
        return (*first, *_parts(self.alert_urls))

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """From and until when only critical alerts are sent, UTC."""
        return _span(self.alert_quiet_hours) if self.alert_quiet_hours else None

    @property
    def daily_summary_at(self) -> time | None:
        """From when on the day before is summed up, UTC; ``None``: never."""
        return None if self.alert_daily_at == "off" else _time(self.alert_daily_at)

    @property
    def provider_url(self) -> str:
        """Root address to call: the loopback provider's in DEMO, unless another one is given."""
        if self.demo and self.odds_api_base_url == PROVIDER_URL:
            return f"http://127.0.0.1:{self.odds_simulator_port}"
        return self.odds_api_base_url

    @property
    def history_starts_at(self) -> datetime:
        """Start of the first partition, UTC."""
        return datetime.combine(self.history_start, datetime.min.time(), UTC)


def secret_settings() -> tuple[str, ...]:
    """Names of the settings that hold a secret; each may also stand in a file, as NAME_FILE."""
    fields = Settings.model_fields.items()
    return tuple(name for name, field in fields if field.annotation == (SecretStr | None))


def load_settings() -> Settings:
    """Read the environment and `.env`.

    Raises:
        SettingsError: one line naming the setting and what is wrong with it; never its value.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        first = next(iter(_faults(invalid).values()))
    raise SettingsError(first)


def usable_settings() -> tuple[Settings, dict[str, str]]:
    """The settings with every wrong one at its default, and what is wrong, by the setting's name.

    For `odds doctor` alone: nothing else may run on settings nobody chose.
    """
    try:
        return Settings(), {}
    except ValidationError as invalid:
        faults = _faults(invalid)
    chosen = {name: Settings.model_fields[name.lower()].default for name in faults}
    return Settings(**{name.lower(): value for name, value in chosen.items()}), faults


def _guessable(password: str, user: str | None) -> bool:
    """Whether anybody would try it: a program's default, or the user's own name."""
    return password.lower() in _DEFAULTS or (user is not None and password == unquote(user))


def _parts(keys: SecretStr | None) -> list[str]:
    if keys is None:
        return []
    return [key.strip() for key in keys.get_secret_value().split(",") if key.strip()]


def _require_port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is not one from 0 to 65535") from None


def _time(text: str) -> time:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no time of day such as 08:00")
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


def _span(text: str) -> tuple[time, time]:
    begin, dash, end = text.partition("-")
    if not dash or begin == end:
        raise ValueError(f"{text!r} is no span of the day such as 22:00-06:00")
    return _time(begin), _time(end)


def _faults(invalid: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in invalid.errors(include_url=False, include_input=False, include_context=False):
        name = "_".join(str(part) for part in fault["loc"][:1]).upper()
        reason = str(fault["msg"]).removeprefix("Value error, ")
        if len(reason) > _LONGEST_REASON:
            reason = f"{reason[:_LONGEST_REASON]}…"
        found.setdefault(name, f"{name}: {reason}")
    return found
